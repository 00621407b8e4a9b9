//! What devices pull: pages of changes.

use std::sync::Arc;

use serde_json::Value;
use syncline_domain::{
    hlc::{Hlc, Node},
    identifier::{ApplicationName, CollectionName, DocumentKey, UserId},
    snapshot::{Snapshot, TransactionId},
};

use super::{DatabaseState, Incarnation, Scope};

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
