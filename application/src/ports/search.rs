use std::time::Duration;

use async_trait::async_trait;
use syncline_domain::{
    filter::Filter,
    identifier::{ApplicationName, CollectionName, OrganisationId, TextConfiguration, UserId},
    sort::SortTerm,
};

use super::StoreError;

/// The place of a document in the order of a search, as its store writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPosition(pub Vec<String>);

/// What is searched for, and where.
#[derive(Clone, Debug)]
pub struct SearchQuery {
    /// Who searches.
    pub reader: UserId,
    /// The organisation whose documents are searched; none for those that the reader may see beside.
    pub organisation: Option<OrganisationId>,
    /// The application.
    pub application: ApplicationName,
    /// The collection.
    pub collection: CollectionName,
    /// Which of its documents.
    pub filter: Filter,
    /// In which order; what it finds alike is ordered by key.
    pub sort: Vec<SortTerm>,
    /// Only what comes behind this place.
    pub after: Option<SearchPosition>,
    /// At most so many documents.
    pub limit: u32,
    /// Whether all documents that are meant are counted.
    pub wants_total: bool,
    /// How texts are divided into words.
    pub configuration: TextConfiguration,
    /// How long it may take.
    pub time: Duration,
}

/// A page of what a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The documents as JSON objects with commas between them, as they go on the wire.
    pub documents: String,
    /// The place of the last one, if there is more behind it.
    pub last: Option<SearchPosition>,
    /// How many documents are meant, on all pages; if that was asked.
    pub total: Option<u64>,
}

/// Why a search has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchStoreError {
    /// The reader does not belong to the organisation.
    #[error("the reader is no member of the organisation")]
    NotAMember,
    /// It took longer than it may.
    #[error("the search took too long")]
    TooSlow,
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Searches documents.
#[async_trait]
pub trait Searches: Send + Sync {
    /// Finds a page of documents, all in one snapshot.
    ///
    /// # Errors
    /// [`SearchStoreError`].
    async fn search(&self, query: &SearchQuery) -> Result<Found, SearchStoreError>;
}
