use async_trait::async_trait;
use syncline_domain::{
    access::Access,
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
    /// Where the reader looks: in the reader's own namespace, or an organisation's.
    pub scope: Scope,
    /// Whose document of the collection it is, if another's: as pulls name it, a user or an
    /// organisation.
    pub owner: Option<UserId>,
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
    /// What the reader may do with the document; none if nothing, and then none is given.
    pub access: Option<Access>,
    /// What was found; none if there is no such document.
    pub found: Option<T>,
}

/// A document as it is stored.
#[derive(Clone, Debug)]
pub struct FoundDocument {
    /// The transaction that made it what the reader sees: the one that wrote it last, or opened the
    /// reader's way to it since.
    pub transaction: TransactionId,
    /// It, as JSON as it goes on the wire.
    pub text: String,
}

/// Kept versions of a document, the newest first.
#[derive(Clone, Debug)]
pub struct VersionList {
    /// What the reader may do with the document; none if nothing, and then none is given.
    pub access: Option<Access>,
    /// Their numbers, and them as JSON as they go on the wire.
    pub versions: Vec<(u64, String)>,
}

/// A document of which an old version is to be restored.
#[derive(Clone, Debug)]
pub struct Restorable {
    /// Its current version.
    pub current: StoredVersion,
    /// The transaction that made it what the reader sees, as in [`FoundDocument::transaction`].
    pub transaction: TransactionId,
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
