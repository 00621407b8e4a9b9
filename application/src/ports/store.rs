use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use syncline_domain::{
    access::{Access, Namespace},
    hlc::{Hlc, Node, UnixMillis},
    identifier::{ApplicationName, CollectionName, DocumentKey, UserId},
    merge::{PushedValue, Version},
    path::Path,
    snapshot::{Snapshot, TransactionId},
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

/// Documents to lock for a writer, whether or not they exist.
#[derive(Clone, Debug)]
pub struct LockRequest {
    /// Where they are.
    pub scope: Arc<Scope>,
    /// Who is going to write them.
    pub writer: UserId,
    /// When the writer signed in: the account must not have been deleted since.
    pub session_began_at: UnixMillis,
    /// Their keys there.
    pub keys: Vec<DocumentKey>,
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

/// A version of a document as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredVersion {
    /// The version.
    pub version: Version,
    /// The transaction that made it the current one.
    pub transaction: TransactionId,
}

/// How a reader reaches a document of another user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The namespace that the document is in.
    pub namespace: u64,
    /// What the reader may do with it.
    pub access: Access,
    /// The transaction that opened the route: who has not seen it has not seen the document.
    pub opened: TransactionId,
}

/// How things are before a push writes.
#[derive(Clone, Debug)]
pub struct Before {
    /// The database at this moment.
    pub state: DatabaseState,
    /// For each request, whether its writer may write there. Nothing is found of one who may not.
    pub is_member: Vec<bool>,
    /// For each request, the transaction that deleted an account which had the writer's user id before.
    pub ended: Vec<Option<TransactionId>>,
    /// The current versions, in the order of the requests and of their keys.
    pub current: Vec<Option<StoredVersion>>,
    /// For each of them, by which route its writer reaches it if it is another user's.
    pub routes: Vec<Option<Route>>,
}

/// The place of a document in the order of a paged pull.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The transaction that wrote it last.
    pub transaction: TransactionId,
    /// Its key.
    pub key: DocumentKey,
}

/// The place of a document of another user in the order of a paged pull.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SharedPosition {
    /// The namespace that it is in.
    pub namespace: u64,
    /// Its key; none if all of that namespace is still to come.
    pub key: Option<DocumentKey>,
}

/// What a device has seen of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Everything these transactions wrote.
    pub begin: Snapshot,
    /// The device's own push, which its snapshot may not cover.
    pub own: Option<TransactionId>,
    /// In the midst of a paged pull: the snapshot at which the pull will end, and how far it is.
    pub paging: Option<(Snapshot, Position)>,
}

impl Seen {
    /// Whether the device has seen what `transaction` wrote to the document `key`.
    #[must_use]
    pub fn sees(&self, transaction: TransactionId, key: &DocumentKey) -> bool {
        let paged = self.paging.as_ref().is_some_and(|(end, last)| {
            end.sees(transaction) && (transaction, key) <= (last.transaction, &last.key)
        });
        paged || self.begin.sees(transaction) || self.own == Some(transaction)
    }
}

/// What a merge needs of a document's past.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    /// The document, by its index in [`Before::current`].
    pub document: usize,
    /// What the device had seen: the ancestor is the last version in it. None if that is not known.
    pub seen: Option<Seen>,
    /// Revisions that the device names: versions and pushes that hold one of them at its path.
    pub revisions: Vec<(Path, Hlc)>,
    /// The device's nodes: the last that each of them wrote to a path since the ancestor.
    pub nodes: Vec<Node>,
}

/// The past of a document, as far as it was asked for.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The number of the last version that the device had seen.
    pub ancestor: Option<u64>,
    /// When that version was superseded, by the database's clock.
    pub ancestor_superseded_at: Option<UnixMillis>,
    /// Superseded versions: the ancestor, and those that hold a revision asked for.
    pub versions: Vec<Version>,
    /// Values that were pushed and are held by no version.
    pub pushes: Vec<PushedValue>,
    /// Whether there is more of it than may be read: then nothing is known, as if it was purged.
    pub is_forgotten: bool,
}

/// A pushed value to keep beside the version that resolved it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPush {
    /// The value and where it was pushed.
    pub value: PushedValue,
    /// The device that pushed it, whoever stamped the value.
    pub device: Node,
    /// The conflict to report to it, as it is written on the wire.
    pub report: Option<Value>,
}

/// What to store of one document.
#[derive(Clone, Copy, Debug)]
pub struct DocumentWrite<'a> {
    /// The document, by its index in [`Before::current`].
    pub document: usize,
    /// Its new version; none when the push changed nothing but is kept on record.
    pub version: Option<&'a Version>,
    /// What to keep of the push.
    pub pushes: &'a [NewPush],
}

/// What a write did.
#[derive(Clone, Debug)]
pub struct Written {
    /// The transaction that wrote.
    pub transaction: TransactionId,
    /// What there was to read for each query: the page of those who have seen everything.
    pub pages: Vec<Option<Page>>,
}

/// Whose reports of conflicts to pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportsFor {
    /// Nobody's: this is no first page.
    Nobody,
    /// Those of all pushes of the device.
    Device(Node),
    /// Those of earlier pushes of these documents by these nodes.
    Pushes(Vec<(DocumentKey, Node)>),
}

/// How recent the state of the database has to be that a page is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// As of now.
    Now,
    /// A little older will do, if it has everything that the caller has seen, in this life of the
    /// database; none if the caller knows of none.
    Seen(Option<Incarnation>),
}

/// A page of changes to read.
#[derive(Clone, Debug)]
pub struct PageQuery {
    /// From where.
    pub scope: Arc<Scope>,
    /// Who reads.
    pub reader: UserId,
    /// Whether documents that everybody may see are part of the answer.
    pub everybody: bool,
    /// What the caller had seen when the pull began.
    pub seen: Seen,
    /// Revisions up to this one are left out: the caller has no cursor, only a clock.
    pub later_than: Option<Hlc>,
    /// Whether tombstones are part of the answer.
    pub tombstones: bool,
    /// At most so many documents.
    pub limit: u32,
    /// At most so many bytes of JSON, if there is more than one document.
    pub bytes: u32,
    /// The transaction of this request.
    pub own: Option<TransactionId>,
    /// Whether the caller knows what that transaction wrote, so that it is left out.
    pub own_is_known: bool,
    /// Other documents to leave out, as long as these transactions wrote them last.
    pub without: Vec<Position>,
    /// Reports wanted, other than those of the transaction of this request.
    pub reports: ReportsFor,
    /// How recent it has to be.
    pub freshness: Freshness,
}

/// A page of changes.
#[derive(Clone, Debug)]
pub struct Page {
    /// The database at this moment.
    pub state: DatabaseState,
    /// Whether the reader may read there. One who may not is given nothing.
    pub is_member: bool,
    /// The snapshot that was read.
    pub snapshot: Snapshot,
    /// The id that the next transaction will have, or a later one has.
    pub next_transaction: TransactionId,
    /// The greatest transaction that wrote a document of this collection.
    pub newest: Option<TransactionId>,
    /// The greatest transaction that changed a route of the reader to documents of others, or one
    /// of those documents.
    pub newest_route: Option<TransactionId>,
    /// The transactions that deleted for good what the reader could see: whoever has not seen them
    /// has to fetch everything anew.
    pub resets: Vec<TransactionId>,
    /// The documents as JSON objects with commas between them, as they go on the wire.
    pub documents: String,
    /// How many documents were read, those left out included.
    pub count: u32,
    /// The last document of the page.
    pub last: Option<Position>,
    /// Whether there is more behind it.
    pub has_more: bool,
    /// The greatest revision among the documents.
    pub greatest_revision: Option<Hlc>,
    /// Reports of conflicts, as they were stored: the latest, if there are very many.
    pub reports: Vec<Value>,
}

/// What there is to read for a query, as far as a look can tell.
#[derive(Clone, Debug)]
pub enum Unread {
    /// Nothing: this is its page, which has no documents.
    Nothing(Box<Page>),
    /// Perhaps something, as for everybody in the midst of a pull.
    Something,
    /// More documents than the query takes, as good as certainly.
    Much,
}

/// A page of other users' documents to read.
#[derive(Clone, Debug)]
pub struct SharedPageQuery {
    /// Who reads.
    pub reader: UserId,
    /// The application.
    pub application: ApplicationName,
    /// The collection.
    pub collection: CollectionName,
    /// What the reader had seen when the pull began.
    pub begin: Snapshot,
    /// The snapshot at which the pull will end.
    pub end: Snapshot,
    /// The last document that was read.
    pub after: SharedPosition,
    /// Whether what is deleted or no longer visible is part of the answer.
    pub tombstones: bool,
    /// Documents of these owners to leave out, as long as these transactions wrote them last.
    pub without: Vec<(UserId, Position)>,
    /// Whether a document is left out whose key the reader has as well.
    pub own_keys_hide: bool,
    /// Whether documents that everybody may see are part of it.
    pub everybody: bool,
    /// At most so many documents.
    pub limit: u32,
    /// At most so many bytes of JSON, if there is more than one document.
    pub bytes: u32,
}

/// A page of other users' documents.
#[derive(Clone, Debug)]
pub struct SharedPage {
    /// The database at this moment; none if it is about to begin a new incarnation.
    pub state: Option<DatabaseState>,
    /// The documents as JSON objects with commas between them, as they go on the wire.
    pub documents: String,
    /// How many documents were read, those left out included.
    pub count: u32,
    /// The last document of the page.
    pub last: Option<SharedPosition>,
    /// Whether there is more behind it.
    pub has_more: bool,
    /// The greatest revision among the documents.
    pub greatest_revision: Option<Hlc>,
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
