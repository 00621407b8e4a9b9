//! Access entries and the routes that they open.

mod transaction;

use async_trait::async_trait;
use sqlx::{Executor, Postgres, postgres::PgRow};
use syncline_application::ports::{
    AccessEntries, EntryQuery, EntryTransaction, ShareTokenHash, StoreError, StoredEntry,
};
use syncline_domain::{
    access::{Access, AccessEntry, Share, Visibility},
    identifier::{CollectionName, OrganisationId, UserId},
};

use crate::{
    PostgresStore,
    error::{corrupt, store_error},
    rows,
};
use transaction::PostgresEntryTransaction;

#[async_trait]
impl AccessEntries for PostgresStore {
    async fn entries(&self, query: &EntryQuery) -> Result<Vec<StoredEntry>, StoreError> {
        read_entries(&self.pool, query).await
    }

    async fn lock_entry(
        &self,
        query: &EntryQuery,
    ) -> Result<Box<dyn EntryTransaction>, StoreError> {
        let transaction = self.pool.begin_patient().await.map_err(store_error)?;
        let locked = PostgresEntryTransaction::lock(transaction, query, self.outbox()).await?;
        Ok(Box::new(locked))
    }

    async fn linked_document(&self, token: &ShareTokenHash) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar(include_str!("sql/linked_document.sql"))
            .bind(token.as_slice())
            .fetch_optional(&self.pool)
            .await
            .map_err(store_error)
    }
}

async fn read_entries(
    executor: impl Executor<'_, Database = Postgres>,
    query: &EntryQuery,
) -> Result<Vec<StoredEntry>, StoreError> {
    let (kind, owner) = rows::namespace(&query.namespace);
    let found = sqlx::query(include_str!("sql/entries.sql"))
        .bind(kind)
        .bind(owner)
        .bind(query.owner.as_str())
        .bind(query.application.as_str())
        .bind(query.collection.as_ref().map(CollectionName::as_str))
        .bind(query.key.as_str())
        .fetch_all(executor)
        .await
        .map_err(store_error)?;
    found.iter().map(entry).collect()
}

fn entry(row: &PgRow) -> Result<StoredEntry, StoreError> {
    let collection: &str = rows::column(row, "collection")?;
    let author: Option<&str> = rows::column(row, "created_by")?;
    let organisation: Option<&str> = rows::column(row, "organisation_id")?;
    let organisation = organisation.map(OrganisationId::new).transpose();
    Ok(StoredEntry {
        collection: CollectionName::new(collection)
            .map_err(|error| corrupt("documents.collection", error))?,
        author: author
            .map(UserId::new)
            .transpose()
            .map_err(|error| corrupt("documents.created_by", error))?,
        entry: AccessEntry {
            visibility: visibility(rows::column(row, "visibility")?)?,
            organisation: organisation
                .map_err(|error| corrupt("access_entries.organisation_id", error))?,
            shares: shares(row)?,
        },
        is_implied: rows::column(row, "is_implied")?,
        has_share_token: rows::column(row, "has_share_token")?,
        created_at: rows::column(row, "created_at")?,
        updated_at: rows::column(row, "updated_at")?,
    })
}

fn shares(row: &PgRow) -> Result<Vec<Share>, StoreError> {
    let users: Option<Vec<String>> = rows::column(row, "users")?;
    let accesses: Option<Vec<String>> = rows::column(row, "accesses")?;
    let pairs = users
        .unwrap_or_default()
        .into_iter()
        .zip(accesses.unwrap_or_default());
    pairs
        .map(|(user, access)| {
            Ok(Share {
                user: UserId::new(&user).map_err(|error| corrupt("shares.user_id", error))?,
                access: rows::access(&access)?,
            })
        })
        .collect()
}

/// How a visibility is written in the database.
fn visibility_text(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Private => "private",
        Visibility::Shared => "shared",
        Visibility::Org => "org",
        Visibility::Public => "public",
    }
}

fn visibility(text: &str) -> Result<Visibility, StoreError> {
    use Visibility::{Org, Private, Public, Shared};
    let mut all = [Private, Shared, Org, Public].into_iter();
    all.find(|visibility| visibility_text(*visibility) == text)
        .ok_or_else(|| corrupt("access_entries.visibility", text))
}

/// How it is written what somebody may do.
fn access_text(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
    }
}
