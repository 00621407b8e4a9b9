//! What pushes read of documents, and write.

use std::sync::Arc;

use serde_json::Value;
use syncline_domain::{
    access::Access,
    hlc::{Hlc, Node, UnixMillis},
    identifier::{DocumentKey, UserId},
    merge::{PushedValue, Version},
    path::Path,
    snapshot::TransactionId,
};

use super::{DatabaseState, Page, Scope, Seen};

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
