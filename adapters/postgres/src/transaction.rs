//! The unit of work of a push.

mod columns;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use sqlx::{Postgres, Row, Transaction};
use syncline_application::ports::{
    DocumentId, DocumentWrite, History, HistoryQuery, Locked, StoreError, StoredVersion,
    SyncTransaction,
};
use syncline_domain::{merge::PushedValue, path::Path, snapshot::TransactionId};

use crate::{
    error::{corrupt, store_error},
    rows,
};
use columns::{DocumentColumns, HistoryColumns, PushColumns, VersionColumns};

/// A transaction of the database, and the documents that it has locked.
pub(crate) struct PostgresTransaction {
    transaction: Transaction<'static, Postgres>,
    /// Set when the database is found not to be what it was.
    is_changed: Arc<AtomicBool>,
    documents: Vec<DocumentId>,
    namespaces: Vec<i64>,
}

impl PostgresTransaction {
    pub(crate) fn new(
        transaction: Transaction<'static, Postgres>,
        is_changed: Arc<AtomicBool>,
    ) -> Self {
        Self {
            transaction,
            is_changed,
            documents: Vec::new(),
            namespaces: Vec::new(),
        }
    }

    /// Locks what exists. None if some user has no namespace yet.
    async fn try_lock(&mut self) -> Result<Option<Locked>, StoreError> {
        let columns = DocumentColumns::of(&self.documents);
        let found = sqlx::query(include_str!("sql/lock.sql"))
            .bind(&columns.owners)
            .bind(&columns.applications)
            .bind(&columns.collections)
            .bind(&columns.keys)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(store_error)?;
        let mut state = None;
        let mut current = Vec::with_capacity(found.len());
        self.namespaces.clear();
        for row in &found {
            let Some(namespace) = rows::column(row, "namespace_id")? else {
                return Ok(None);
            };
            self.namespaces.push(namespace);
            state = rows::state(row)?;
            current.push(stored_version(row)?);
        }
        if let Some(state) = state {
            return Ok(Some(Locked { state, current }));
        }
        // The new life waits for all writers, and this one has locked rows: it has to end first.
        self.is_changed.store(true, Ordering::Relaxed);
        Err(StoreError::Contention)
    }

    /// Records users at their first write.
    async fn create_namespaces(&mut self) -> Result<(), StoreError> {
        let owners = DocumentColumns::of(&self.documents).owners;
        sqlx::query(include_str!("sql/create_namespaces.sql"))
            .bind(owners)
            .execute(&mut *self.transaction)
            .await
            .map_err(store_error)?;
        Ok(())
    }
}

fn stored_version(row: &sqlx::postgres::PgRow) -> Result<Option<StoredVersion>, StoreError> {
    let version = rows::version(row)?;
    let transaction = rows::transaction(row, "tx")?;
    Ok(version
        .zip(transaction)
        .map(|(version, transaction)| StoredVersion {
            version,
            transaction,
        }))
}

#[async_trait]
impl SyncTransaction for PostgresTransaction {
    async fn lock(&mut self, documents: &[DocumentId]) -> Result<Locked, StoreError> {
        self.documents = documents.to_vec();
        if let Some(locked) = self.try_lock().await? {
            return Ok(locked);
        }
        self.create_namespaces().await?;
        self.try_lock().await?.ok_or(StoreError::Contention)
    }

    async fn history(&mut self, queries: &[HistoryQuery]) -> Result<Vec<History>, StoreError> {
        let columns = HistoryColumns::of(queries, &self.documents, &self.namespaces);
        let found = columns
            .bind(sqlx::query(include_str!("sql/history.sql")))
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(store_error)?;
        let mut histories = vec![History::default(); queries.len()];
        for row in &found {
            let ordinal = rows::number(rows::column(row, "ordinal")?);
            let slot = usize::try_from(ordinal)
                .ok()
                .and_then(|slot| histories.get_mut(slot));
            let history = slot.ok_or_else(|| corrupt("ordinal", ordinal))?;
            read_history(row, history)?;
        }
        Ok(histories)
    }

    async fn write(&mut self, writes: &[DocumentWrite]) -> Result<TransactionId, StoreError> {
        let versions = VersionColumns::of(writes, &self.documents, &self.namespaces);
        let pushes = PushColumns::of(writes, &self.documents, &self.namespaces);
        let query = sqlx::query(include_str!("sql/write.sql"));
        let row = pushes
            .bind(versions.bind(query))
            .fetch_one(&mut *self.transaction)
            .await
            .map_err(store_error)?;
        let written: i64 = row.try_get("written").map_err(store_error)?;
        if rows::number(written) != versions.len() {
            return Err(StoreError::Contention);
        }
        rows::transaction(&row, "tx")?.ok_or_else(|| corrupt("tx", "it is null"))
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.transaction.commit().await.map_err(store_error)
    }
}

fn read_history(row: &sqlx::postgres::PgRow, history: &mut History) -> Result<(), StoreError> {
    if let Some(version) = rows::version(row)? {
        if rows::column::<Option<bool>>(row, "is_ancestor")? == Some(true) {
            history.ancestor = Some(version.number);
            let superseded = rows::column::<Option<i64>>(row, "superseded_at")?;
            history.ancestor_superseded_at = superseded.map(rows::millis);
        }
        history.versions.push(version);
        return Ok(());
    }
    let path: &str = rows::column(row, "path")?;
    let revision = rows::clock(row, "revision")?;
    history.pushes.push(PushedValue {
        path: Path::from(path),
        revision: revision.ok_or_else(|| corrupt("revision", "it is null"))?,
        value: rows::json(row, "value")?,
        version: rows::number(rows::column(row, "version")?),
    });
    Ok(())
}
