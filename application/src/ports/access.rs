use async_trait::async_trait;
use syncline_domain::{
    access::{AccessEntry, Namespace},
    identifier::{ApplicationName, CollectionName, DocumentKey, OrganisationId, UserId},
};

use super::StoreError;

/// A document whose entry is meant.
#[derive(Clone, Debug)]
pub struct EntryQuery {
    /// Whose it is.
    pub namespace: Namespace,
    /// Who asks, and has to be its owner: in an organisation's namespace, who made it.
    pub owner: UserId,
    /// The application.
    pub application: ApplicationName,
    /// The collection; none if any in which the key stands.
    pub collection: Option<CollectionName>,
    /// The key.
    pub key: DocumentKey,
}

/// The access entry of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// The collection that the document is in.
    pub collection: CollectionName,
    /// Who made it, in an organisation's namespace: none once that account is gone.
    pub author: Option<UserId>,
    /// Who may see it.
    pub entry: AccessEntry,
    /// Whether nobody has said anything of its readers yet.
    pub is_implied: bool,
    /// Whether there is a link to it.
    pub has_share_token: bool,
    /// When the document was made: UTC, as RFC 3339 writes it.
    pub created_at: String,
    /// When the entry was changed last: UTC, as RFC 3339 writes it.
    pub updated_at: String,
}

/// The SHA-256 of a share token.
pub type ShareTokenHash = [u8; 32];

/// Access entries.
#[async_trait]
pub trait AccessEntries: Send + Sync {
    /// The entries of the documents that are meant: one for each collection in which the key
    /// stands and whose document is the owner's.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn entries(&self, query: &EntryQuery) -> Result<Vec<StoredEntry>, StoreError>;

    /// Begins a unit of work on the entry of one document and locks the document. Dropping it takes
    /// everything back. The entries are what [`AccessEntries::entries`] finds; nothing is locked
    /// unless there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn lock_entry(&self, query: &EntryQuery)
    -> Result<Box<dyn EntryTransaction>, StoreError>;

    /// The document to which the link with this token leads, as the JSON object of a pull.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn linked_document(&self, token: &ShareTokenHash) -> Result<Option<String>, StoreError>;
}

/// A unit of work on the entry of a document.
#[async_trait]
pub trait EntryTransaction: Send {
    /// The entries that were found, and the organisations to which the owner belongs.
    fn found(&self) -> (&[StoredEntry], &[OrganisationId]);

    /// Stores what the entry says of readers, and opens and revokes routes as it says.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn store(&mut self, entry: &AccessEntry) -> Result<(), StoreError>;

    /// Sets the token of the document's link; none revokes it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn set_share_token(&mut self, token: Option<ShareTokenHash>) -> Result<(), StoreError>;

    /// Makes everything durable, and reads the entry as it is then.
    ///
    /// # Errors
    /// [`StoreError`]; whether it took place is then unknown.
    async fn commit(self: Box<Self>) -> Result<Option<StoredEntry>, StoreError>;
}
