//! Documents one by one, and their past.

use async_trait::async_trait;
use sqlx::{
    Postgres,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use syncline_application::ports::{
    DocumentQuery, Documents, FoundDocument, OldVersion, Reading, Restorable, StoreError,
    StoredVersion, VersionList,
};
use syncline_domain::{access::Access, hlc::Hlc};

use crate::{
    PostgresStore,
    error::{corrupt, store_error},
    rows::{self, column, namespace, number, signed},
};

/// How much JSON a page of versions holds, if it has more than one.
const MAX_BYTES: i64 = 4 * 1024 * 1024;

type Statement<'q> = Query<'q, Postgres, PgArguments>;

#[async_trait]
impl Documents for PostgresStore {
    async fn document(&self, query: &DocumentQuery) -> Result<Reading<FoundDocument>, StoreError> {
        let statement = || place(sqlx::query(include_str!("sql/document.sql")), query);
        self.reading(statement, found_document).await
    }

    async fn versions(
        &self,
        query: &DocumentQuery,
        before: Option<u64>,
        limit: u32,
    ) -> Result<VersionList, StoreError> {
        let rows = place(
            sqlx::query(include_str!("sql/document_versions.sql")),
            query,
        )
        .bind(before.map_or(i64::MAX, signed))
        .bind(i64::from(limit))
        .bind(MAX_BYTES)
        .fetch_all(self.pool())
        .await
        .map_err(store_error)?;
        let first = rows.first().ok_or_else(|| corrupt("versions", "no row"))?;
        Ok(VersionList {
            access: access(first)?,
            versions: rows
                .iter()
                .filter_map(|row| numbered(row).transpose())
                .collect::<Result<_, _>>()?,
        })
    }

    async fn restorable(
        &self,
        query: &DocumentQuery,
        revision: &Hlc,
    ) -> Result<Reading<Restorable>, StoreError> {
        let revision = revision.to_string();
        let statement = || {
            let statement = sqlx::query(include_str!("sql/restorable.sql"));
            place(statement, query).bind(revision.clone())
        };
        self.reading(statement, restorable).await
    }
}

impl PostgresStore {
    /// Reads one row, once more if the database turns out not to be what it was.
    async fn reading<'q, T>(
        &self,
        statement: impl Fn() -> Statement<'q>,
        read: fn(&PgRow) -> Result<Option<T>, StoreError>,
    ) -> Result<Reading<T>, StoreError> {
        let fetch = async || {
            statement()
                .fetch_one(self.pool())
                .await
                .map_err(store_error)
        };
        if let Some(found) = reading(&fetch().await?, read)? {
            return Ok(found);
        }
        self.renew().await?;
        reading(&fetch().await?, read)?.ok_or(StoreError::Contention)
    }
}

/// Binds who asks and where the document is: the first six parameters.
fn place<'q>(statement: Statement<'q>, query: &DocumentQuery) -> Statement<'q> {
    let scope = &query.scope;
    let (kind, owner) = match &query.owner {
        Some(owner) => ("shared", owner.as_str()),
        None => namespace(&scope.namespace),
    };
    statement
        .bind(query.reader.to_string())
        .bind(kind)
        .bind(owner.to_owned())
        .bind(scope.application.to_string())
        .bind(scope.collection.to_string())
        .bind(query.key.to_string())
}

/// None if the database is not what it was.
fn reading<T>(
    row: &PgRow,
    read: fn(&PgRow) -> Result<Option<T>, StoreError>,
) -> Result<Option<Reading<T>>, StoreError> {
    let Some(state) = rows::state(row)? else {
        return Ok(None);
    };
    let snapshot: &str = column(row, "snapshot")?;
    Ok(Some(Reading {
        state,
        snapshot: snapshot
            .parse()
            .map_err(|error| corrupt("snapshot", error))?,
        access: access(row)?,
        found: read(row)?,
    }))
}

/// What the reader may do.
fn access(row: &PgRow) -> Result<Option<Access>, StoreError> {
    let text: Option<&str> = column(row, "access")?;
    text.map(rows::access).transpose()
}

fn found_document(row: &PgRow) -> Result<Option<FoundDocument>, StoreError> {
    let transaction = rows::transaction(row, "tx")?;
    let text: Option<String> = column(row, "document")?;
    Ok(transaction
        .zip(text)
        .map(|(transaction, text)| FoundDocument { transaction, text }))
}

fn numbered(row: &PgRow) -> Result<Option<(u64, String)>, StoreError> {
    let version: Option<i64> = column(row, "version")?;
    Ok(version.map(number).zip(column(row, "document")?))
}

fn restorable(row: &PgRow) -> Result<Option<Restorable>, StoreError> {
    let (version, written) = (rows::version(row)?, rows::transaction(row, "tx")?);
    let Some((version, written)) = version.zip(written) else {
        return Ok(None);
    };
    Ok(Some(Restorable {
        current: StoredVersion {
            version,
            transaction: written,
        },
        transaction: rows::transaction(row, "seen_tx")?.unwrap_or(written),
        wanted: old_version(row)?,
    }))
}

fn old_version(row: &PgRow) -> Result<Option<OldVersion>, StoreError> {
    let content: Option<&str> = column(row, "wanted_content")?;
    let Some(content) = content else {
        return Ok(None);
    };
    if column(row, "wanted_deleted")? {
        return Ok(Some(OldVersion::Deleted));
    }
    let fields = serde_json::from_str(content).map_err(|error| corrupt("content", error))?;
    Ok(Some(OldVersion::Fields(fields)))
}
