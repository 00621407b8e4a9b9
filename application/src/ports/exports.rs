use async_trait::async_trait;
use syncline_domain::{
    access::Namespace,
    identifier::{ApplicationName, CollectionName, UserId},
    organisation::Role,
};

use super::StoreError;

/// How many columns PostgreSQL gives a table, less room for its own.
pub const MAX_COLUMNS: u64 = 1_600;

/// Which documents of a namespace are exported.
#[derive(Clone, Debug, Default)]
pub struct ExportPart {
    /// Those of this application; none for all.
    pub application: Option<ApplicationName>,
    /// Those of this collection; none for all.
    pub collection: Option<CollectionName>,
}

/// Something said of a document, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportItem {
    /// The document's application.
    pub application: String,
    /// Its collection.
    pub collection: String,
    /// Its key.
    pub key: String,
    /// What is said of it.
    pub text: String,
}

/// Whoever takes an export has gone, or is too slow.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("nobody takes the export any longer")]
pub struct SinkClosed;

/// Takes an export in, piece by piece.
#[async_trait]
pub trait ExportSink: Send {
    /// Takes the next piece, with which so many more documents are complete.
    ///
    /// # Errors
    /// [`SinkClosed`]; nothing more will be taken.
    async fn take(&mut self, piece: Vec<u8>, documents: u64) -> Result<(), SinkClosed>;
}

/// Why an export ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportInterrupted {
    /// Nobody takes it.
    #[error(transparent)]
    Closed(#[from] SinkClosed),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads whole namespaces.
#[async_trait]
pub trait Exports: Send + Sync {
    /// Opens a namespace, part of it perhaps: everything that is read from the snapshot is as of
    /// this moment. None if there is no such organisation.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn open(
        &self,
        namespace: &Namespace,
        part: &ExportPart,
    ) -> Result<Option<Box<dyn ExportSnapshot>>, StoreError>;
}

/// A namespace as of one moment. Dropping it, at whatever point, frees what it holds.
#[async_trait]
pub trait ExportSnapshot: Send {
    /// Whose it is, a user or an organisation, as a JSON object.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn owner(&mut self) -> Result<String, StoreError>;

    /// What a user is in the organisation; none if no member.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn role(&mut self, user: &UserId) -> Result<Option<Role>, StoreError>;

    /// The members of the organisation, as a JSON array.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn members(&mut self) -> Result<String, StoreError>;

    /// A bounded number of documents behind `last`, by application, collection and key. None are
    /// left behind an empty page.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn documents(&mut self, last: Option<&ExportItem>)
    -> Result<Vec<ExportItem>, StoreError>;

    /// The documents in the same way, each with its application and collection as `_app` and
    /// `_collection`, and a user's with its access entry as `_docIndex`, if that says anything.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn lines(&mut self, last: Option<&ExportItem>) -> Result<Vec<ExportItem>, StoreError>;

    /// The access entries of the documents, in the same way.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn entries(&mut self, last: Option<&ExportItem>) -> Result<Vec<ExportItem>, StoreError>;

    /// How many columns a table of the documents has: one for each path, if they are those of one
    /// collection. A table of more than [`MAX_COLUMNS`] cannot be written.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn columns(&mut self) -> Result<u64, StoreError>;

    /// Writes the documents as CSV, a header first.
    ///
    /// # Errors
    /// [`ExportInterrupted`].
    async fn table(&mut self, sink: &mut dyn ExportSink) -> Result<(), ExportInterrupted>;

    /// Ends it in an orderly way, when everything was read.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn close(self: Box<Self>) -> Result<(), StoreError>;
}
