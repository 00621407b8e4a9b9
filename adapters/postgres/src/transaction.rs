//! The unit of work of a push.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use futures::TryStreamExt;
use sqlx::postgres::PgRow;
use syncline_application::ports::{
    Before, DocumentWrite, History, HistoryQuery, Incarnation, LockRequest, PageQuery, Route,
    StoreError, StoredVersion, SyncTransaction, Written,
};
use syncline_domain::{access::Namespace, identifier::UserId, merge::PushedValue, path::Path};

use crate::{
    columns::{HistoryColumns, LockColumns, Place},
    error::{corrupt, store_error},
    live::{Outbox, Pokes},
    pool::Transaction,
    rows,
    write::{self, Write},
};

/// A transaction of the database, and the documents that it has locked.
pub(crate) struct PostgresTransaction {
    transaction: Transaction,
    /// Set when the database is found not to be what it was.
    is_changed: Arc<AtomicBool>,
    places: Vec<Place>,
    /// The life of the database in which they were locked.
    incarnation: Incarnation,
    outbox: Outbox,
    pokes: Pokes,
}

impl PostgresTransaction {
    pub(crate) fn new(
        transaction: Transaction,
        is_changed: Arc<AtomicBool>,
        outbox: Outbox,
    ) -> Self {
        Self {
            transaction,
            is_changed,
            places: Vec::new(),
            incarnation: Incarnation([0; 16]),
            outbox,
            pokes: Pokes::new(),
        }
    }

    /// Locks what exists, unless some writers have no namespace yet.
    async fn try_lock(
        &mut self,
        requests: &[LockRequest],
        most_bytes: usize,
    ) -> Result<Attempt, StoreError> {
        let columns = LockColumns::of(requests);
        let found = columns
            .bind(sqlx::query(include_str!("sql/lock.sql")))
            .bind(rows::length(most_bytes))
            .fetch_all(&mut self.transaction)
            .await
            .map_err(store_error)?;
        let first = found.first().ok_or_else(|| corrupt("database_state", ""))?;
        let Some(state) = rows::state(first)? else {
            // The new life waits for all writers, and this one has locked rows: it has to end first.
            self.is_changed.store(true, Ordering::Relaxed);
            return Err(StoreError::Contention);
        };
        if rows::column(first, "is_too_much")? {
            return Err(StoreError::TooMuch(most_bytes));
        }
        let namespaces: Vec<Option<i64>> = rows::column(first, "namespaces")?;
        let is_member: Vec<bool> = rows::column(first, "is_member")?;
        let missing = requests
            .iter()
            .zip(namespaces.iter().zip(&is_member))
            .filter(|(request, (namespace, is_member))| {
                namespace.is_none() && **is_member && is_own(request)
            });
        let missing: Vec<_> = missing.map(|(request, _)| request.writer.clone()).collect();
        if !missing.is_empty() {
            return Ok(Attempt::Missing(missing));
        }
        self.places = places(requests, &namespaces);
        self.incarnation = state.incarnation;
        Ok(Attempt::Locked(Before {
            state,
            is_member,
            ended: rows::transactions(first, "ended")?,
            current: by_document(&found, self.places.len(), stored_version)?,
            routes: by_document(&found, self.places.len(), route)?,
        }))
    }

    /// Records users at their first write.
    async fn create_namespaces(&mut self, users: &[UserId]) -> Result<(), StoreError> {
        let owners: Vec<_> = users.iter().map(UserId::as_str).collect();
        sqlx::query(include_str!("sql/create_namespaces.sql"))
            .bind(owners)
            .execute(&mut self.transaction)
            .await
            .map_err(store_error)?;
        Ok(())
    }
}

/// What came of locking.
enum Attempt {
    /// All is locked that exists.
    Locked(Before),
    /// These users have no namespace yet.
    Missing(Vec<UserId>),
}

/// Whether the writer's own documents are meant. Only those have a namespace before the first write.
fn is_own(request: &LockRequest) -> bool {
    request.scope.namespace == Namespace::Personal(request.writer.clone())
}

/// Where each document is, in the order of the requests and of their keys.
pub(crate) fn places(requests: &[LockRequest], namespaces: &[Option<i64>]) -> Vec<Place> {
    let places = requests
        .iter()
        .zip(namespaces)
        .flat_map(|(request, namespace)| {
            request.keys.iter().map(|key| Place {
                namespace: namespace.unwrap_or_default(),
                scope: Arc::clone(&request.scope),
                key: key.clone(),
                writer: request.writer.clone(),
            })
        });
    places.collect()
}

/// For so many documents, what `read` finds in the rows of those that exist.
pub(crate) fn by_document<T>(
    found: &[PgRow],
    count: usize,
    read: impl Fn(&PgRow) -> Result<Option<T>, StoreError>,
) -> Result<Vec<Option<T>>, StoreError> {
    let mut documents = Vec::new();
    documents.resize_with(count, || None);
    for row in found {
        let Some(ordinal) = rows::column::<Option<i64>>(row, "ordinal")? else {
            continue;
        };
        let slot = usize::try_from(ordinal - 1)
            .ok()
            .and_then(|slot| documents.get_mut(slot));
        *slot.ok_or_else(|| corrupt("ordinal", ordinal))? = read(row)?;
    }
    Ok(documents)
}

/// How the writer reaches the document of another.
fn route(row: &PgRow) -> Result<Option<Route>, StoreError> {
    let Some(opened) = rows::transaction(row, "route_opened")? else {
        return Ok(None);
    };
    Ok(Some(Route {
        namespace: rows::number(rows::column(row, "namespace_id")?),
        access: rows::access(rows::column(row, "route_access")?)?,
        opened,
    }))
}

pub(crate) fn stored_version(row: &PgRow) -> Result<Option<StoredVersion>, StoreError> {
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
    async fn lock(
        &mut self,
        requests: &[LockRequest],
        most_bytes: usize,
    ) -> Result<Before, StoreError> {
        let missing = match self.try_lock(requests, most_bytes).await? {
            Attempt::Locked(locked) => return Ok(locked),
            Attempt::Missing(users) => users,
        };
        self.create_namespaces(&missing).await?;
        let Attempt::Locked(locked) = self.try_lock(requests, most_bytes).await? else {
            return Err(StoreError::Contention);
        };
        // An account that was deleted meanwhile keeps no namespace: this unit of work is taken back.
        let is_gone = |(request, is_member): (&LockRequest, &bool)| {
            !is_member && is_own(request) && missing.contains(&request.writer)
        };
        if requests.iter().zip(&locked.is_member).any(is_gone) {
            return Err(StoreError::Contention);
        }
        Ok(locked)
    }

    async fn history(
        &mut self,
        queries: &[HistoryQuery],
        most_bytes: usize,
    ) -> Result<Vec<History>, StoreError> {
        let columns = HistoryColumns::of(queries, &self.places);
        // One by one: what is too much is never here as a whole.
        let mut found = columns
            .bind(sqlx::query(include_str!("sql/history.sql")))
            .bind(rows::length(most_bytes))
            .fetch(&mut self.transaction);
        let mut histories = vec![History::default(); queries.len()];
        let mut bytes = 0;
        while let Some(row) = &found.try_next().await.map_err(store_error)? {
            bytes += history_bytes(row)?;
            let ordinal = rows::column::<Option<i64>>(row, "ordinal")?;
            let Some(ordinal) = ordinal.filter(|_| bytes <= most_bytes) else {
                return forgotten(queries, most_bytes);
            };
            let ordinal = rows::number(ordinal);
            let slot = usize::try_from(ordinal)
                .ok()
                .and_then(|slot| histories.get_mut(slot));
            let history = slot.ok_or_else(|| corrupt("ordinal", ordinal))?;
            read_history(row, history)?;
        }
        Ok(histories)
    }

    async fn write(
        &mut self,
        writes: &[DocumentWrite<'_>],
        queries: &[PageQuery],
    ) -> Result<Written, StoreError> {
        let write = Write {
            incarnation: self.incarnation,
            places: &self.places,
            writes,
            queries,
            patience: None,
        };
        let (written, pokes) = write::write(&mut self.transaction, &write).await?;
        self.pokes.extend(pokes);
        Ok(written)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let _ending = self.outbox.put_when_dropped(self.pokes);
        self.transaction.commit().await.map_err(store_error)
    }
}

/// What is too much of one document is forgotten, and what is too much of several is asked for anew.
fn forgotten(queries: &[HistoryQuery], most_bytes: usize) -> Result<Vec<History>, StoreError> {
    if queries.len() > 1 {
        return Err(StoreError::TooMuch(most_bytes));
    }
    Ok(vec![History {
        is_forgotten: true,
        ..History::default()
    }])
}

fn history_bytes(row: &PgRow) -> Result<usize, StoreError> {
    let texts = ["field_revisions", "content", "value"].map(|name| {
        let text: Option<&str> = rows::column(row, name)?;
        Ok(text.map_or(0, str::len))
    });
    texts.into_iter().sum()
}

fn read_history(row: &PgRow, history: &mut History) -> Result<(), StoreError> {
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
