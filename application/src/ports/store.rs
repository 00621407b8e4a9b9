//! Documents, and what is remembered of them.
//!
//! | module | what it does |
//! |---|---|
//! | `pages` | what devices pull |
//! | `writes` | what pushes read and write |

mod pages;
mod writes;

use std::sync::Arc;

use async_trait::async_trait;
use syncline_domain::{
    access::Namespace,
    hlc::{Hlc, UnixMillis},
    identifier::{ApplicationName, CollectionName},
};

pub use pages::{
    Freshness, Page, PageQuery, Position, ReportsFor, Seen, SharedPage, SharedPageQuery,
    SharedPosition, Unread,
};
pub use writes::{
    Before, DocumentWrite, History, HistoryQuery, LockRequest, NewPush, Route, StoredVersion,
    Written,
};

/// The collection that a request is about, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The namespace that it is in.
    pub namespace: Namespace,
    /// The application.
    pub application: ApplicationName,
    /// The collection.
    pub collection: CollectionName,
}

/// One life of a database: a restore or a failover begins another, in which transaction ids mean
/// something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Incarnation(pub [u8; 16]);

/// What the database says of itself in the statement that reads from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseState {
    /// Its present incarnation.
    pub incarnation: Incarnation,
    /// Its own wall clock.
    pub now: UnixMillis,
    /// What a cursor from before this instant has not seen may have been purged.
    pub horizon: Option<UnixMillis>,
}

/// What a purge removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PurgeReport {
    /// Tombstones.
    pub tombstones: u64,
    /// Superseded versions.
    pub versions: u64,
    /// Pushed values and their reports.
    pub pushes: u64,
    /// Revoked memberships and other ways to documents.
    pub routes: u64,
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another unit of work was in the way. Running this one again will do.
    #[error("another transaction was in the way")]
    Contention,
    /// The database cannot be reached, or has no room for one more caller.
    #[error("the database is not available")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The database holds something that makes no sense.
    #[error("the database holds a row that makes no sense: {0}")]
    Corrupt(String),
    /// What would have to be read has more bytes together than may be: fewer documents at once will do.
    #[error(
        "the documents that the request changes have more than {0} bytes together, or so has their \
         past; change fewer at once"
    )]
    TooMuch(usize),
    /// Anything else.
    #[error("the database refused a statement")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How long a unit of work waits for what somebody else has locked, until it fails with
/// [`StoreError::Contention`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Some milliseconds.
    Short,
    /// Some seconds: longer than the store takes to find that two wait for each other.
    Long,
}

/// Documents, their versions, and what devices have pushed.
#[async_trait]
pub trait Store: Send + Sync {
    /// Begins a unit of work. Dropping it takes everything back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no database to begin it in.
    async fn begin(&self, patience: Patience) -> Result<Box<dyn SyncTransaction>, StoreError>;

    /// Reads the documents of writers' own namespaces and of organisations without locking them, for
    /// a write that hopes that nobody changes anything meanwhile: most of the time nobody does. A
    /// writer that has no namespace yet may not write this way.
    ///
    /// # Errors
    /// [`StoreError::TooMuch`] if there are several and they have more than so many bytes together.
    async fn attempt(
        &self,
        requests: &[LockRequest],
        most_bytes: usize,
    ) -> Result<(Box<dyn SyncAttempt>, Before), StoreError>;

    /// Looks what there is to read for each query, in their order, all in one statement.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn look(&self, queries: &[PageQuery]) -> Result<Vec<Unread>, StoreError>;

    /// Reads one page of changes for each query, in their order, all in one statement.
    ///
    /// # Errors
    /// [`StoreError`]; a pull never meets [`StoreError::Contention`].
    async fn pages(&self, queries: &[PageQuery]) -> Result<Vec<Page>, StoreError>;

    /// Reads one page of what a user has not seen of the documents of others, in one statement.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn shared_page(&self, query: &SharedPageQuery) -> Result<SharedPage, StoreError>;

    /// The greatest clock that had been issued when the life of the database after `incarnation`
    /// began, the lowest over several: a device of `incarnation` heals the database from there on.
    /// One that the database does not know, since it came back older than that itself, had all that
    /// began since `read_at`, when the device last read of it. None if it is the present one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn heal_from(
        &self,
        incarnation: Incarnation,
        read_at: UnixMillis,
    ) -> Result<Option<Hlc>, StoreError>;

    /// Begins a new incarnation though the database does not look changed, unless that was done
    /// since `observed`: a cursor came from its future.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn renew_incarnation(&self, observed: Incarnation) -> Result<(), StoreError>;

    /// Removes what was superseded or deleted before `retention_millis` ago, and moves the horizon.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn purge(&self, retention_millis: u64) -> Result<PurgeReport, StoreError>;

    /// Whether the database answers and has this program's schema.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn ready(&self) -> Result<(), StoreError>;
}

/// What was decided on documents that are not locked.
#[async_trait]
pub trait SyncAttempt: Send {
    /// Stores it as [`SyncTransaction::write`] does, and makes it durable, if everything is still as
    /// it was read.
    ///
    /// # Errors
    /// [`StoreError::Contention`] when it is not, or when somebody else is about to change it; then
    /// nothing is stored. After another one it is not known whether it is.
    async fn write(
        self: Box<Self>,
        writes: &[DocumentWrite<'_>],
        queries: &[PageQuery],
    ) -> Result<Written, StoreError>;
}

/// A unit of work on documents.
#[async_trait]
pub trait SyncTransaction: Send {
    /// Locks the documents that exist, in the order of their keys, and reads them as they are then.
    ///
    /// # Errors
    /// [`StoreError::TooMuch`] if there are several and they have more than so many bytes together.
    async fn lock(
        &mut self,
        requests: &[LockRequest],
        most_bytes: usize,
    ) -> Result<Before, StoreError>;

    /// Reads what merges need of the past of the locked documents, in the order asked for. If that of a
    /// single one has more than so many bytes, it is forgotten.
    ///
    /// # Errors
    /// [`StoreError::TooMuch`] if that of several has more than so many bytes together.
    async fn history(
        &mut self,
        queries: &[HistoryQuery],
        most_bytes: usize,
    ) -> Result<Vec<History>, StoreError>;

    /// Stores new versions of the locked documents, each superseding the current one, and pushes.
    /// With it, looks as [`Store::look`] does. What is written here is not among what may be read:
    /// the pages are good for those who know all of it, and once it is committed.
    ///
    /// # Errors
    /// [`StoreError::Contention`] when a document has appeared that did not exist when it was
    /// locked.
    async fn write(
        &mut self,
        writes: &[DocumentWrite<'_>],
        queries: &[PageQuery],
    ) -> Result<Written, StoreError>;

    /// Makes everything durable.
    ///
    /// # Errors
    /// [`StoreError`]; whether it took place is then unknown.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
