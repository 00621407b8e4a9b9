//! What is on the disk: one SQLite file for the documents of one user in one application.

mod owner;
mod reports;

use std::{
    collections::BTreeSet,
    fs::OpenOptions,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Transaction, ffi::SQLITE_READONLY_DBMOVED, params,
};
use syncline_domain::{hlc::Node, identifier::UserId};

use super::{audience::Audience, error::StoreError, person::Person, replica::Loaded, scope::Scope};
use crate::{DocumentId, SyncClient, wire::ReportedConflict};

pub(super) use reports::StoredReport;

const SCHEMA: &str = include_str!("schema.sql");

/// The form of the tables. A file of a later version is left alone, one of an earlier is brought into it
/// when that is needed.
const VERSION: i64 = 2;

/// How long a process that has just ended may keep the file.
const PATIENCE: Duration = Duration::from_millis(500);

/// The file, as long as it is open.
pub(super) struct Database {
    connection: Mutex<Option<Connection>>,
    path: PathBuf,
    is_closed: AtomicBool,
    person: Arc<Person>,
    /// Whether the file tells the person's issuer, once that is known.
    is_issuer_told: AtomicBool,
    /// Whom it tells of the reports that it keeps.
    pub(super) audience: Arc<Audience>,
}

impl Database {
    /// Opens the file, or makes it, for the documents of a person in a `place`: an application of a server.
    /// The person learns what it knows.
    pub(super) fn open(path: &Path, place: &str, person: Arc<Person>) -> Result<Self, StoreError> {
        make_private(path);
        let connection = Connection::open(path).map_err(storage)?;
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
        Self::over(connection, path, place, person)
    }

    /// Opens what a connection leads to.
    fn over(
        mut connection: Connection,
        path: &Path,
        place: &str,
        person: Arc<Person>,
    ) -> Result<Self, StoreError> {
        let transaction = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(storage)?;
        prepare(&transaction)?;
        let is_issuer_told = owner::claim(&transaction, place, &person)?;
        transaction.commit().map_err(storage)?;
        let database = Self {
            connection: Mutex::new(Some(connection)),
            path: path.to_owned(),
            is_closed: AtomicBool::default(),
            person,
            is_issuer_told: is_issuer_told.into(),
            audience: Arc::default(),
        };
        match database.change(|_| Ok(())) {
            // The next edit that there is room for tells the issuer.
            Ok(()) | Err(StoreError::DiskFull) => Ok(database),
            Err(error) => Err(error),
        }
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

    /// The documents of a scope and all that is known of them. One that is not there is empty, with a
    /// node of its own.
    pub(super) fn load(&self, scope: &Scope) -> Result<Loaded, StoreError> {
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
            return Ok(Loaded {
                client: self.empty(scope)?,
                is_stored: false,
            });
        };
        let mut documents = Vec::with_capacity(rows.len());
        for (owner, key, entry) in &rows {
            documents.push((document_id(owner, key)?, entry.as_str()));
        }
        Ok(Loaded {
            client: SyncClient::resume(&head, documents)?,
            is_stored: true,
        })
    }

    /// Writes down what has changed of a scope, and reports, at once.
    pub(super) fn write(
        &self,
        scope: &Scope,
        client: &SyncClient,
        is_stored: bool,
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
            let id = keep(transaction, scope, is_stored, &head)?;
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
        self.with(|connection| count_unsent(connection, organisation))
    }

    /// Forgets the documents of an organisation, unless edits would be lost that are not to be.
    pub(super) fn forget(
        &self,
        organisation: &str,
        discard_unsent: bool,
    ) -> Result<(), StoreError> {
        let unsent = self.change(|transaction| {
            let unsent = count_unsent(transaction, Some(organisation))?;
            if unsent == 0 || discard_unsent {
                transaction
                    .execute("DELETE FROM scopes WHERE organisation = ?1", [organisation])?;
            }
            Ok(unsent)
        })?;
        check_sent(unsent, discard_unsent)
    }

    /// Forgets everything, closes the file and removes it, unless edits would be lost that are not to
    /// be. What comes meanwhile finds it closed. On a device that is full it is enough to remove it.
    pub(super) fn wipe(&self, discard_unsent: bool) -> Result<(), StoreError> {
        let mut slot = self.lock();
        let connection = slot.as_mut().ok_or(StoreError::Closed)?;
        let unsent = count_unsent(connection, None).map_err(storage)?;
        check_sent(unsent, discard_unsent)?;
        let everything = "DELETE FROM scopes; DELETE FROM owner;";
        let forgotten = transact(connection, |transaction| {
            transaction.execute_batch(everything)
        });
        let is_full = match forgotten.map_err(storage) {
            Ok(()) => false,
            Err(StoreError::DiskFull) => true,
            Err(error) => return Err(error),
        };
        // Then to close it touches nothing beside it: somebody may make another by then.
        drop(connection.pragma_update(None, "journal_mode", "DELETE"));
        // Nobody else can have opened it so far. Not every system removes what is open.
        let removed = remove(&self.path);
        if is_full && removed.is_err() {
            return Err(StoreError::DiskFull);
        }
        slot.take();
        self.is_closed.store(true, Ordering::SeqCst);
        drop(slot);
        removed
            .or_else(|_| remove(&self.path))
            .map_err(|error| StoreError::Storage(error.to_string()))
    }

    /// Closes the file. Whatever is asked of it afterwards is refused.
    pub(super) fn close(&self) {
        self.lock().take();
        self.is_closed.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    fn empty(&self, scope: &Scope) -> Result<SyncClient, StoreError> {
        let node: String = self.with(|connection| {
            connection.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))
        })?;
        let node = Node::new(&node).map_err(|error| StoreError::Storage(error.to_string()))?;
        Ok(SyncClient::new(scope.collection.clone(), node).noting())
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.lock();
        let connection = connection.as_mut().ok_or(StoreError::Closed)?;
        work(connection).map_err(storage)
    }

    /// All of `work` is done, or nothing of it. With the first of it, the file tells an issuer that was
    /// learnt meanwhile: nothing that came with the issuer's token is in a file that does not.
    fn change<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let untold = self.untold_issuer();
        let result = self.with(|connection| {
            transact(connection, |transaction| {
                if let Some(issuer) = untold {
                    owner::tell(transaction, issuer)?;
                }
                work(transaction)
            })
        })?;
        if untold.is_some() {
            self.is_issuer_told.store(true, Ordering::SeqCst);
        }
        Ok(result)
    }

    fn untold_issuer(&self) -> Option<&str> {
        let issuer = self.person.issuer()?;
        (!self.is_issuer_told.load(Ordering::SeqCst)).then_some(issuer)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the file if there is none: nobody else on the machine may read it, nor what SQLite puts beside it,
/// which has the same rights.
fn make_private(path: &Path) {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Why it cannot be made, SQLite says as well.
    drop(options.open(path));
}

/// Removes the file, and before it what stands beside it.
fn remove(path: &Path) -> std::io::Result<()> {
    for suffix in ["-wal", "-shm", ""] {
        let mut path = path.as_os_str().to_owned();
        path.push(suffix);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// All of `work` is done, or nothing of it.
fn transact<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction()?;
    let result = work(&transaction)?;
    transaction.commit()?;
    Ok(result)
}

/// Makes the tables, if there are none.
fn prepare(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let version = version(transaction).map_err(storage)?;
    if version > VERSION {
        let rule = "a later version of this library wrote the file: update the application";
        return Err(StoreError::Options(rule.to_owned()));
    }
    if version > 0 {
        return Ok(());
    }
    transaction.execute_batch(SCHEMA).map_err(storage)?;
    transaction
        .pragma_update(None, "user_version", VERSION)
        .map_err(storage)
}

fn version(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    transaction.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Keeps what is known of a scope beside its documents. Returns its number.
fn keep(
    transaction: &Transaction<'_>,
    scope: &Scope,
    is_stored: bool,
    head: &str,
) -> rusqlite::Result<i64> {
    // One that has gone meanwhile does not come back without its documents.
    let text = if is_stored {
        "UPDATE scopes SET head = ?3 WHERE collection = ?1 AND organisation = ?2 \
         RETURNING scope_id"
    } else {
        "INSERT INTO scopes (collection, organisation, head) VALUES (?1, ?2, ?3) \
         RETURNING scope_id"
    };
    transaction.prepare_cached(text)?.query_row(
        params![scope.collection_text(), scope.organisation_text(), head],
        |row| row.get(0),
    )
}

fn count_unsent(connection: &Connection, organisation: Option<&str>) -> rusqlite::Result<u64> {
    let count: i64 = connection.query_row(
        "SELECT count(*) FROM documents JOIN scopes USING (scope_id) \
         WHERE is_pending AND (?1 IS NULL OR organisation = ?1)",
        [organisation],
        |row| row.get(0),
    )?;
    Ok(u64::try_from(count).unwrap_or_default())
}

fn check_sent(unsent: u64, discard_unsent: bool) -> Result<(), StoreError> {
    if unsent > 0 && !discard_unsent {
        return Err(StoreError::Unsent(unsent));
    }
    Ok(())
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
    let error_of_sqlite = error.sqlite_error();
    match error_of_sqlite.map(|error| (error.code, error.extended_code)) {
        // The last is a file that whoever had it removed, at a sign-out, while this waited for it.
        Some(
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) | (_, SQLITE_READONLY_DBMOVED),
        ) => StoreError::Blocked,
        Some((ErrorCode::DiskFull, _)) => StoreError::DiskFull,
        _ => StoreError::Storage(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
