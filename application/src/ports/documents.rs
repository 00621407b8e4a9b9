use async_trait::async_trait;
use syncline_domain::{
    document::Document,
    hlc::Hlc,
    identifier::{DocumentKey, UserId},
    snapshot::{Snapshot, TransactionId},
};

use super::{DatabaseState, Scope, StoreError, StoredVersion};

/// A document that somebody asks for.
#[derive(Clone, Debug)]
pub struct DocumentQuery {
    /// Who asks.
    pub reader: UserId,
    /// Where it is.
    pub scope: Scope,
    /// Its key there.
    pub key: DocumentKey,
}

/// What one statement found, and the database at that moment.
#[derive(Clone, Debug)]
pub struct Reading<T> {
    /// The database.
    pub state: DatabaseState,
    /// The snapshot that was read.
    pub snapshot: Snapshot,
    /// Whether the reader may read there. One who may not is given nothing.
    pub is_member: bool,
    /// What was found; none if there is no such document.
    pub found: Option<T>,
}

/// A document as it is stored.
#[derive(Clone, Debug)]
pub struct FoundDocument {
    /// The transaction that wrote it last.
    pub transaction: TransactionId,
    /// It, as JSON as it goes on the wire.
    pub text: String,
}

/// Kept versions of a document, the newest first.
#[derive(Clone, Debug)]
pub struct VersionList {
    /// Whether the reader may read there. One who may not is given nothing.
    pub is_member: bool,
    /// Their numbers, and them as JSON as they go on the wire.
    pub versions: Vec<(u64, String)>,
}

/// A document of which an old version is to be restored.
#[derive(Clone, Debug)]
pub struct Restorable {
    /// Its current version.
    pub current: StoredVersion,
    /// The old one; none if it is not kept.
    pub wanted: Option<OldVersion>,
}

/// What an old version was.
#[derive(Clone, Debug, PartialEq)]
pub enum OldVersion {
    /// These fields.
    Fields(Document),
    /// The document was deleted.
    Deleted,
}

/// Documents one by one, and their past.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Reads a document. One that is deleted is not found.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn document(&self, query: &DocumentQuery) -> Result<Reading<FoundDocument>, StoreError>;

    /// Reads at most `limit` kept versions of a document, the current one among them, beginning
    /// below the number `before`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn versions(
        &self,
        query: &DocumentQuery,
        before: Option<u64>,
        limit: u32,
    ) -> Result<VersionList, StoreError>;

    /// Reads a document, deleted or not, together with the version of it that has `revision`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn restorable(
        &self,
        query: &DocumentQuery,
        revision: &Hlc,
    ) -> Result<Reading<Restorable>, StoreError>;
}
