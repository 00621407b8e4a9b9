//! What is on the disk: one SQLite file for the documents of one user in one application.

mod reports;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, params};
use syncline_domain::{hlc::Node, identifier::UserId};

use super::{audience::Audience, error::StoreError, scope::Scope};
use crate::{DocumentId, SyncClient, wire::ReportedConflict};

pub(super) use reports::StoredReport;

const SCHEMA: &str = include_str!("schema.sql");

/// The form of the tables. A file of a later version is left alone.
const VERSION: i64 = 1;

/// How long a process that has just ended may keep the file.
const PATIENCE: Duration = Duration::from_millis(500);

/// The file, as long as it is open.
pub(super) struct Database {
    connection: Mutex<Option<Connection>>,
    path: PathBuf,
    /// Whom it tells of the reports that it keeps.
    pub(super) audience: Arc<Audience>,
}

impl Database {
    /// Opens the file, or makes it, for `owner`: server, application and user.
    pub(super) fn open(path: &Path, owner: &str) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path).map_err(storage)?;
        connection.busy_timeout(PATIENCE).map_err(storage)?;
        // Whatever is committed is on the disk. Nobody else may use the file meanwhile: what is in
        // memory would not be what is in it.
        connection
            .execute_batch(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; \
                 PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; \
                 PRAGMA foreign_keys = ON;",
            )
            .map_err(storage)?;
        let transaction = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(storage)?;
        prepare(&transaction, owner)?;
        transaction.commit().map_err(storage)?;
        Ok(Self {
            connection: Mutex::new(Some(connection)),
            path: path.to_owned(),
            audience: Arc::default(),
        })
    }

    /// The scopes that were ever used.
    pub(super) fn scopes(&self) -> Result<Vec<Scope>, StoreError> {
        self.with(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT collection, organisation FROM scopes")?;
            let rows = statement.query_map([], |row| Scope::of(row.get(0)?, row.get(1)?))?;
            rows.collect()
        })
    }

    /// The documents of a scope and all that is known of them. A scope that was never used is made,
    /// with a node of its own.
    pub(super) fn load(&self, scope: &Scope) -> Result<SyncClient, StoreError> {
        let found = self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT scope_id, head FROM scopes WHERE collection = ?1 AND organisation = ?2",
            )?;
            let found: Option<(i64, String)> = statement
                .query_row(
                    params![scope.collection_text(), scope.organisation_text()],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let Some((id, head)) = found else {
                return Ok(None);
            };
            let mut statement = connection
                .prepare_cached("SELECT owner, key, entry FROM documents WHERE scope_id = ?1")?;
            let rows =
                statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            let rows: Result<Vec<(String, String, String)>, _> = rows.collect();
            Ok(Some((head, rows?)))
        })?;
        let Some((head, rows)) = found else {
            return self.create(scope);
        };
        let mut documents = Vec::with_capacity(rows.len());
        for (owner, key, entry) in &rows {
            documents.push((document_id(owner, key)?, entry.as_str()));
        }
        Ok(SyncClient::resume(&head, documents)?)
    }

    /// Writes down what has changed of a scope, and reports, at once.
    pub(super) fn write(
        &self,
        scope: &Scope,
        client: &SyncClient,
        touched: &BTreeSet<DocumentId>,
        reports: &[ReportedConflict],
    ) -> Result<(), StoreError> {
        let head = client.head()?;
        let kept = touched.iter().map(|id| Ok((id, client.kept(id)?)));
        let kept = kept.collect::<Result<Vec<_>, serde_json::Error>>()?;
        let reports = reports.iter().map(serde_json::to_string);
        let reports = reports.collect::<Result<Vec<_>, _>>()?;
        let is_heard = !self.audience.is_empty();
        self.change(|transaction| {
            let id = scope_id(transaction, scope)?;
            let mut statement =
                transaction.prepare_cached("UPDATE scopes SET head = ?2 WHERE scope_id = ?1")?;
            statement.execute(params![id, head])?;
            for (document, kept) in &kept {
                let (owner, key) = (owner_text(document), document.key.as_str());
                match kept {
                    Some(kept) => transaction
                        .prepare_cached(
                            "INSERT INTO documents VALUES (?1, ?2, ?3, ?4, ?5) \
                             ON CONFLICT DO UPDATE \
                             SET entry = excluded.entry, is_pending = excluded.is_pending",
                        )?
                        .execute(params![id, owner, key, kept.text, kept.is_pending])?,
                    None => transaction
                        .prepare_cached(
                            "DELETE FROM documents \
                             WHERE scope_id = ?1 AND owner = ?2 AND key = ?3",
                        )?
                        .execute(params![id, owner, key])?,
                };
            }
            if !reports.is_empty() {
                reports::add(transaction, id, &reports, is_heard)?;
            }
            Ok(())
        })?;
        if !reports.is_empty() {
            self.audience.ring();
        }
        Ok(())
    }

    /// How many documents of a scope, or of all, have edits that the server has not stored.
    pub(super) fn unsent(&self, organisation: Option<&str>) -> Result<u64, StoreError> {
        let count = self.with(|connection| {
            connection.query_row(
                "SELECT count(*) FROM documents JOIN scopes USING (scope_id) \
                 WHERE is_pending AND (?1 IS NULL OR organisation = ?1)",
                [organisation],
                |row| row.get::<_, i64>(0),
            )
        })?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Forgets the documents of an organisation.
    pub(super) fn forget(&self, organisation: &str) -> Result<(), StoreError> {
        self.change(|transaction| {
            transaction.execute("DELETE FROM scopes WHERE organisation = ?1", [organisation])?;
            Ok(())
        })
    }

    /// Forgets everything, and removes the file.
    pub(super) fn wipe(&self) -> Result<(), StoreError> {
        self.change(|transaction| {
            transaction.execute_batch("DELETE FROM scopes; DELETE FROM owner;")
        })?;
        self.close();
        for suffix in ["", "-wal", "-shm"] {
            let mut path = self.path.clone().into_os_string();
            path.push(suffix);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::Storage(error.to_string()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Closes the file. Whatever is asked of it afterwards is refused.
    pub(super) fn close(&self) {
        self.lock().take();
    }

    fn create(&self, scope: &Scope) -> Result<SyncClient, StoreError> {
        let node: String = self.with(|connection| {
            connection.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))
        })?;
        let node = Node::new(&node).map_err(|error| StoreError::Storage(error.to_string()))?;
        let client = SyncClient::new(scope.collection.clone(), node).noting();
        let head = client.head()?;
        self.change(|transaction| {
            transaction.execute(
                "INSERT INTO scopes (collection, organisation, head) VALUES (?1, ?2, ?3)",
                params![scope.collection_text(), scope.organisation_text(), head],
            )?;
            Ok(())
        })?;
        Ok(client)
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.lock();
        let connection = connection.as_mut().ok_or(StoreError::Closed)?;
        work(connection).map_err(storage)
    }

    /// All of `work` is done, or nothing of it.
    fn change<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn prepare(transaction: &Transaction<'_>, owner: &str) -> Result<(), StoreError> {
    let version: i64 = transaction
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(storage)?;
    if version > VERSION {
        let rule = "a later version of this library wrote the file: update the application";
        return Err(StoreError::Options(rule.to_owned()));
    }
    if version == 0 {
        transaction.execute_batch(SCHEMA).map_err(storage)?;
        transaction
            .pragma_update(None, "user_version", VERSION)
            .map_err(storage)?;
    }
    let found: Option<String> = transaction
        .query_row("SELECT name FROM owner", [], |row| row.get(0))
        .optional()
        .map_err(storage)?;
    match found {
        None => transaction
            .execute("INSERT INTO owner (name) VALUES (?1)", [owner])
            .map(drop)
            .map_err(storage),
        Some(found) if found == owner => Ok(()),
        Some(_) => {
            let rule = "the file holds documents of another user, application or server: sign out \
                        there first, or choose another file";
            Err(StoreError::Options(rule.to_owned()))
        }
    }
}

fn scope_id(transaction: &Transaction<'_>, scope: &Scope) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("SELECT scope_id FROM scopes WHERE collection = ?1 AND organisation = ?2")?
        .query_row(
            params![scope.collection_text(), scope.organisation_text()],
            |row| row.get(0),
        )
}

fn owner_text(id: &DocumentId) -> &str {
    id.owner.as_ref().map_or("", UserId::as_str)
}

fn document_id(owner: &str, key: &str) -> Result<DocumentId, StoreError> {
    let id = if owner.is_empty() {
        DocumentId::own(key)
    } else {
        DocumentId::of(owner, key)
    };
    id.map_err(|error| StoreError::Storage(error.to_string()))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "`map_err` passes it like this"
)]
fn storage(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Blocked,
        Some(ErrorCode::DiskFull) => StoreError::DiskFull,
        _ => StoreError::Storage(error.to_string()),
    }
}
