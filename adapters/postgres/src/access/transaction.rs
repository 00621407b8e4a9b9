use async_trait::async_trait;
use syncline_application::ports::{
    EntryQuery, EntryTransaction, Poke, ShareTokenHash, StoreError, StoredEntry,
};
use syncline_domain::{
    access::{AccessEntry, RouteReader},
    identifier::{CollectionName, OrganisationId},
};

use super::{access_text, read_entries, visibility_text};
use crate::{
    error::{corrupt, store_error},
    live::{self, Outbox, Pokes},
    pool::Transaction,
    rows,
};

/// A transaction on the entry of a document that is locked, as whoever writes it locks it.
pub(super) struct PostgresEntryTransaction {
    transaction: Transaction,
    query: EntryQuery,
    namespace: i64,
    found: Vec<StoredEntry>,
    organisations: Vec<OrganisationId>,
    outbox: Outbox,
    pokes: Pokes,
}

impl PostgresEntryTransaction {
    pub(super) async fn lock(
        mut transaction: Transaction,
        query: &EntryQuery,
        outbox: Outbox,
    ) -> Result<Self, StoreError> {
        let mut query = query.clone();
        let mut found = read_entries(&mut transaction, &query).await?;
        // Before the document, which whoever deletes one of them may hold.
        let held = hold_organisations(&mut transaction, &query, &found).await?;
        let mut namespace = 0;
        if let [only] = found.as_slice() {
            query.collection = Some(only.collection.clone());
            namespace = lock_document(&mut transaction, &query).await?;
            // Whoever was before may have changed it.
            let before = found;
            found = read_entries(&mut transaction, &query).await?;
            let is_held = named(&found).is_none_or(|named| held.contains(named));
            if !is_held && named(&found) != named(&before) {
                return Err(StoreError::Contention);
            }
        }
        let organisations = organisations(&mut transaction, &query, &held).await?;
        Ok(Self {
            transaction,
            query,
            namespace,
            found,
            organisations,
            outbox,
            pokes: Pokes::new(),
        })
    }

    /// Notes whom it concerns that the entry becomes `next`: whoever could see the document, and
    /// whoever can.
    fn note_readers(&mut self, next: &AccessEntry) {
        let before = self.found.iter().flat_map(|found| found.entry.routes());
        let routes = before.chain(next.routes());
        let Some(collection) = &self.query.collection else {
            return;
        };
        self.pokes.extend(routes.map(|(reader, _)| Poke::Documents {
            audience: live::readers(&reader),
            application: self.query.application.clone(),
            collection: collection.clone(),
        }));
    }

    /// The collection of the one document that is locked.
    fn collection(&self) -> &str {
        let collection = self.query.collection.as_ref();
        collection.map_or("", CollectionName::as_str)
    }
}

async fn lock_document(
    transaction: &mut Transaction,
    query: &EntryQuery,
) -> Result<i64, StoreError> {
    let (kind, owner) = rows::namespace(&query.namespace);
    let collection = query.collection.as_ref();
    let namespace: Option<i64> = sqlx::query_scalar(include_str!("../sql/lock_document.sql"))
        .bind(kind)
        .bind(owner)
        .bind(query.application.as_str())
        .bind(collection.map(CollectionName::as_str))
        .bind(query.key.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(store_error)?;
    namespace.ok_or(StoreError::Contention)
}

/// The organisation to which a document is visible.
fn named(found: &[StoredEntry]) -> Option<&OrganisationId> {
    found
        .iter()
        .find_map(|found| found.entry.organisation.as_ref())
}

/// Keeps what the entry may name from changing: the organisations of the owner, and the one that it names.
async fn hold_organisations(
    transaction: &mut Transaction,
    query: &EntryQuery,
    found: &[StoredEntry],
) -> Result<Vec<OrganisationId>, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar(include_str!("../sql/hold_organisations.sql"))
        .bind(query.owner.as_str())
        .bind(named(found).map(OrganisationId::as_str))
        .fetch_all(&mut *transaction)
        .await
        .map_err(store_error)?;
    organisation_ids(&ids)
}

/// To which of the organisations that are held the owner belongs: by a statement of its own, which sees what
/// was waited for.
async fn organisations(
    transaction: &mut Transaction,
    query: &EntryQuery,
    held: &[OrganisationId],
) -> Result<Vec<OrganisationId>, StoreError> {
    let held: Vec<&str> = held.iter().map(OrganisationId::as_str).collect();
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT organisation_id FROM memberships JOIN organisations USING (namespace_id) \
         WHERE user_id = $1 AND NOT revoked AND organisation_id = ANY ($2) ORDER BY organisation_id",
    )
    .bind(query.owner.as_str())
    .bind(held)
    .fetch_all(&mut *transaction)
    .await
    .map_err(store_error)?;
    organisation_ids(&ids)
}

fn organisation_ids(ids: &[String]) -> Result<Vec<OrganisationId>, StoreError> {
    let id = |id: &String| {
        OrganisationId::new(id).map_err(|error| corrupt("organisations.organisation_id", error))
    };
    ids.iter().map(id).collect()
}

#[async_trait]
impl EntryTransaction for PostgresEntryTransaction {
    fn found(&self) -> (&[StoredEntry], &[OrganisationId]) {
        (&self.found, &self.organisations)
    }

    async fn store(&mut self, entry: &AccessEntry) -> Result<(), StoreError> {
        let shares = entry.shares.iter();
        let (users, accesses): (Vec<&str>, Vec<&str>) = shares
            .map(|share| (share.user.as_str(), access_text(share.access)))
            .unzip();
        let collection = self.collection().to_owned();
        let organisation = entry.organisation.as_ref();
        sqlx::query(include_str!("../sql/store_entry.sql"))
            .bind(self.namespace)
            .bind(self.query.application.as_str())
            .bind(&collection)
            .bind(self.query.key.as_str())
            .bind(visibility_text(entry.visibility))
            .bind(organisation.map(OrganisationId::as_str))
            .bind(users)
            .bind(accesses)
            .execute(&mut self.transaction)
            .await
            .map_err(store_error)?;
        let routes = entry.routes();
        let kinds: Vec<_> = routes
            .iter()
            .map(|(reader, _)| reader_columns(reader).0)
            .collect();
        let readers: Vec<_> = routes
            .iter()
            .map(|(reader, _)| reader_columns(reader).1)
            .collect();
        let accesses: Vec<_> = routes
            .iter()
            .map(|(_, access)| access_text(*access))
            .collect();
        sqlx::query(include_str!("../sql/store_routes.sql"))
            .bind(self.namespace)
            .bind(self.query.application.as_str())
            .bind(&collection)
            .bind(self.query.key.as_str())
            .bind(kinds)
            .bind(readers)
            .bind(accesses)
            .execute(&mut self.transaction)
            .await
            .map_err(store_error)?;
        self.note_readers(entry);
        Ok(())
    }

    async fn set_share_token(&mut self, token: Option<ShareTokenHash>) -> Result<(), StoreError> {
        let collection = self.collection().to_owned();
        sqlx::query(include_str!("../sql/set_share_token.sql"))
            .bind(self.namespace)
            .bind(self.query.application.as_str())
            .bind(collection)
            .bind(self.query.key.as_str())
            .bind(token.map(|token| token.to_vec()))
            .execute(&mut self.transaction)
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<Option<StoredEntry>, StoreError> {
        let mut entries = read_entries(&mut self.transaction, &self.query).await?;
        let _ending = self.outbox.put_when_dropped(self.pokes);
        self.transaction.commit().await.map_err(store_error)?;
        Ok(entries.pop())
    }
}

/// How a reader is named in the table of routes.
fn reader_columns(reader: &RouteReader) -> (&'static str, &str) {
    match reader {
        RouteReader::User(user) => ("user", user.as_str()),
        RouteReader::Organisation(organisation) => ("organisation", organisation.as_str()),
        RouteReader::Everybody => ("everybody", ""),
    }
}
