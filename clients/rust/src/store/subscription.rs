//! Who is told again and again which documents meet a query.

use tokio::sync::watch;

use super::{
    collection::Collection,
    error::StoreError,
    query::{Found, Query},
};

/// The documents that meet a query, as they change.
#[derive(Debug)]
pub struct Subscription {
    collection: Collection,
    query: Query,
    version: watch::Receiver<u64>,
    known: Option<Vec<Found>>,
}

impl Subscription {
    pub(super) fn new(collection: Collection, query: Query, version: watch::Receiver<u64>) -> Self {
        Self {
            collection,
            query,
            version,
            known: None,
        }
    }

    /// Waits until other documents meet the query than were told last, and tells them; the first
    /// time at once.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Closed`] when the store was closed.
    pub async fn next(&mut self) -> Result<Vec<Found>, StoreError> {
        loop {
            self.version.borrow_and_update();
            let found = self.collection.query(&self.query).await?;
            if self.known.as_ref() != Some(&found) {
                self.known = Some(found.clone());
                return Ok(found);
            }
            // The collection, which is held here, is what tells.
            self.version
                .changed()
                .await
                .map_err(|_| StoreError::Closed)?;
        }
    }
}
