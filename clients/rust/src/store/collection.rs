//! The documents of one collection, as an application reads and edits them.

use std::{fmt, sync::Arc};

use syncline_domain::{document::Document, hlc::Hlc};

use super::{
    clock::Clock,
    error::StoreError,
    inner::Inner,
    query::{Found, Query, select},
    replica::Replica,
    scope::Scope,
    subscription::Subscription,
};
use crate::{DocumentId, Rejection};

/// The documents of one collection. Every edit is on the disk when its future resolves; one whose future
/// is dropped before is made and pushed, or not made.
///
/// A document is named by its key, or by a [`DocumentId`] if it is another user's. One with the user's own
/// id as the owner is the user's own document.
#[derive(Clone)]
pub struct Collection {
    replica: Arc<Replica>,
    inner: Arc<Inner>,
}

/// The clocks of a collection on this device, to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// The device, as far as this collection is concerned.
    pub node: String,
    /// The server's clock in its last answer: the cursor of what the device has seen.
    pub server_clock: Hlc,
}

impl Collection {
    pub(super) fn new(replica: Arc<Replica>, inner: Arc<Inner>) -> Self {
        Self { replica, inner }
    }

    /// Where its documents are.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.replica.scope
    }

    /// A copy of the document; none if there is none, or it is deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get<I>(&self, document: I) -> Result<Option<Document>, StoreError>
    where
        I: TryInto<DocumentId>,
        StoreError: From<I::Error>,
    {
        let id = self.id(document)?;
        self.replica.read(move |client| client.get(&id)).await
    }

    /// Makes `content` the document, and creates it if there is none. Returns whether anything
    /// changed.
    ///
    /// # Errors
    /// [`StoreError::Document`] when no server would store it, and others.
    pub async fn set<I>(&self, document: I, content: Document) -> Result<bool, StoreError>
    where
        I: TryInto<DocumentId>,
        StoreError: From<I::Error>,
    {
        let (id, now) = (self.id(document)?, self.clock());
        let edit = self.replica.change(move |client, margin| {
            margin.is_due = client.edit(&id, &content, now())?;
            Ok(margin.is_due)
        });
        edit.await
    }

    /// Changes the document as it is at that moment, and leaves alone what another device changed
    /// meanwhile. Returns what it is then; none if there is none.
    ///
    /// # Errors
    /// [`StoreError::Document`] when no server would store it, and others.
    pub async fn update<I>(
        &self,
        document: I,
        change: impl FnOnce(&mut Document) + Send + 'static,
    ) -> Result<Option<Document>, StoreError>
    where
        I: TryInto<DocumentId>,
        StoreError: From<I::Error>,
    {
        let (id, now) = (self.id(document)?, self.clock());
        let edit = self.replica.change(move |client, margin| {
            let Some(mut content) = client.get(&id) else {
                return Ok(None);
            };
            change(&mut content);
            margin.is_due = client.edit(&id, &content, now())?;
            Ok(client.get(&id))
        });
        edit.await
    }

    /// Deletes the document. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete<I>(&self, document: I) -> Result<bool, StoreError>
    where
        I: TryInto<DocumentId>,
        StoreError: From<I::Error>,
    {
        let (id, now) = (self.id(document)?, self.clock());
        let edit = self.replica.change(move |client, margin| {
            margin.is_due = client.delete(&id, now())?;
            Ok(margin.is_due)
        });
        edit.await
    }

    /// The documents that meet a query.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn query(&self, query: &Query) -> Result<Vec<Found>, StoreError> {
        let query = query.clone();
        self.replica
            .read(move |client| select(client, &query))
            .await
    }

    /// Tells which documents meet a query, now and whenever that changes: by this program, or by
    /// another device.
    #[must_use]
    pub fn subscribe(&self, query: Query) -> Subscription {
        Subscription::new(self.clone(), query, self.replica.watch())
    }

    /// The documents that the server did not store, and why. They keep their edits.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rejected(&self) -> Result<Vec<(DocumentId, Rejection)>, StoreError> {
        let rejected = self.replica.read(|client| {
            let rejected = client.rejected();
            rejected
                .map(|(id, rejection)| (id.clone(), rejection.clone()))
                .collect()
        });
        rejected.await
    }

    /// Sends a rejected document again as it is. The next edit of it does so as well.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn retry<I>(&self, document: I) -> Result<(), StoreError>
    where
        I: TryInto<DocumentId>,
        StoreError: From<I::Error>,
    {
        let id = self.id(document)?;
        let edit = self.replica.change(move |client, margin| {
            client.retry(&id);
            margin.is_due = true;
            Ok(())
        });
        edit.await
    }

    /// The clocks of the collection, to be looked at.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn clocks(&self) -> Result<Clocks, StoreError> {
        let clocks = self.replica.read(|client| Clocks {
            node: client.node().as_str().to_owned(),
            server_clock: client.server_clock(),
        });
        clocks.await
    }

    /// The server tells of the user's own documents without an owner, also if they were pushed with one.
    fn id<I>(&self, document: I) -> Result<DocumentId, StoreError>
    where
        I: TryInto<DocumentId>,
        StoreError: From<I::Error>,
    {
        let DocumentId { owner, key } = document.try_into()?;
        let user = &self.inner.remote.session.person.user;
        let is_personal = self.scope().organisation.is_none();
        let owner = owner.filter(|owner| !is_personal || owner != user);
        Ok(DocumentId { owner, key })
    }

    fn clock(&self) -> Clock {
        Clock::clone(&self.inner.clock)
    }
}

impl fmt::Debug for Collection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Collection")
            .field(self.scope())
            .finish()
    }
}
