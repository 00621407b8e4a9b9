//! The search use case: which of the documents that a caller may see does a filter mean.

mod cursor;
mod request;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use syncline_domain::{
    filter::FilterError,
    identifier::{ApplicationName, TextConfiguration},
};

use crate::{
    ports::{SearchStoreError, Searches, StoreError},
    seal::Seal,
};

pub use request::{SearchBody, SearchRequest};

/// Why a search is not answered.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The server is not configured to serve the application.
    #[error("there is no application `{0}` on this server")]
    UnknownApplication(String),
    /// The request breaks a rule.
    #[error(transparent)]
    BadRequest(#[from] FilterError),
    /// The caller does not belong to the organisation.
    #[error("the caller is no member of the organisation")]
    NotAMember,
    /// It took longer than a search may.
    #[error(
        "the search took more than {} seconds; look for less at once, or try again later",
        .0.as_secs_f64()
    )]
    TooSlow(Duration),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A page of results.
#[derive(Clone, Debug)]
pub struct SearchAnswer {
    /// The documents as JSON objects with commas between them, as they go on the wire.
    pub results: String,
    /// What leads to the next page, if there is one.
    pub next_cursor: Option<String>,
    /// How many results there are on all pages, if that was asked.
    pub total: Option<u64>,
}

/// Searches collections.
pub struct SearchService {
    searches: Arc<dyn Searches>,
    applications: BTreeMap<ApplicationName, TextConfiguration>,
    seal: Seal,
    time: Duration,
}

impl SearchService {
    /// Puts the service together: the applications that it searches, each with how its texts are
    /// divided into words, the server's secrets, and how long a search may take.
    #[must_use]
    pub fn new<'s>(
        searches: Arc<dyn Searches>,
        applications: BTreeMap<ApplicationName, TextConfiguration>,
        secrets: impl IntoIterator<Item = &'s [u8]>,
        time: Duration,
    ) -> Self {
        Self {
            searches,
            applications,
            seal: Seal::derive(secrets, "syncline search"),
            time,
        }
    }

    /// Finds a page of documents.
    ///
    /// # Errors
    /// [`SearchError`].
    pub async fn search(&self, request: SearchRequest) -> Result<SearchAnswer, SearchError> {
        let (query, binding) = self.check(request)?;
        let found = self.searches.search(&query).await;
        let found = found.map_err(|error| match error {
            SearchStoreError::NotAMember => SearchError::NotAMember,
            SearchStoreError::TooSlow => SearchError::TooSlow(self.time),
            SearchStoreError::Store(error) => SearchError::Store(error),
        })?;
        let next_cursor = found
            .last
            .map(|last| cursor::write(&self.seal, &last, &binding));
        Ok(SearchAnswer {
            results: found.documents,
            next_cursor,
            total: found.total,
        })
    }
}
