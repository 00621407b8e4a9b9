//! The documents of one collection on one device.

mod answer;
mod clock;
mod documents;
mod entries;
mod kept;
mod request;
mod reset;
mod snapshot;

use std::collections::BTreeSet;

use syncline_domain::{
    document::{Document, check},
    hlc::{Hlc, Node, UnixMillis},
    identifier::CollectionName,
};

use crate::{
    ClientError, DocumentId,
    wire::{Access, Rejection},
};

use clock::Pass;
use documents::{Entry, State};
use request::InFlight;

pub use answer::Applied;
pub use snapshot::Snapshot;

/// The documents of one collection in one namespace, and the edits that no server has answered.
///
/// A clock of the server belongs to the namespace and the collection it was given for, so each of
/// them needs a client of its own, with a node of its own.
#[derive(Clone, Debug)]
pub struct SyncClient {
    state: State,
    in_flight: Option<InFlight>,
    pass: Pass,
    /// What was unsent when the pass began, and has not been pushed since as it was then.
    owed: BTreeSet<DocumentId>,
    /// Whether the server refused a request of the pass as a whole.
    is_refused: bool,
    /// Whether the pull was interrupted amid its pages. They are of the time when it began: one more is to
    /// follow.
    is_resumed: bool,
    page_size: Option<u32>,
    max_changes: usize,
}

impl SyncClient {
    /// A client that has seen nothing. `node` names the device, and no other device or browser
    /// tab has the same.
    #[must_use]
    pub fn new(collection: CollectionName, node: Node) -> Self {
        Self::with_state(State::new(collection, node))
    }

    fn with_state(state: State) -> Self {
        Self {
            is_resumed: state.is_paging,
            state,
            in_flight: None,
            pass: Pass::Over,
            owed: BTreeSet::new(),
            is_refused: false,
            page_size: Some(request::PAGE_DOCUMENTS),
            max_changes: request::MAX_CHANGES,
        }
    }

    /// Asks the server for at most `documents` in an answer, 1 to 5,000; none for all at once.
    #[must_use]
    pub fn with_page_size(mut self, documents: Option<u32>) -> Self {
        self.page_size = documents;
        self
    }

    /// The collection.
    #[must_use]
    pub fn collection(&self) -> &CollectionName {
        &self.state.collection
    }

    /// The device.
    #[must_use]
    pub fn node(&self) -> &Node {
        self.state.clock.node()
    }

    /// The document as the device has it; none if there is none, or it is deleted.
    #[must_use]
    pub fn get(&self, id: &DocumentId) -> Option<Document> {
        self.state.documents.get(id)?.document.content()
    }

    /// Every document, by key.
    pub fn documents(&self) -> impl Iterator<Item = (&DocumentId, Document)> {
        let entries = self.state.documents.iter();
        entries.filter_map(|(id, entry)| Some((id, entry.document.content()?)))
    }

    /// The documents with edits that no server has answered.
    pub fn pending(&self) -> impl Iterator<Item = &DocumentId> {
        let entries = self.state.documents.iter();
        entries
            .filter(|(_, entry)| entry.document.pending().is_some())
            .map(|(id, _)| id)
    }

    /// The documents whose last edit the server did not store, and why. They keep it, and are not
    /// sent again before the next edit or [`Self::retry`]; those that name a clock that is ahead, when
    /// the client begins to sync again, since time catches up.
    pub fn rejected(&self) -> impl Iterator<Item = (&DocumentId, &Rejection)> {
        let entries = self.state.documents.iter();
        entries.filter_map(|(id, entry)| Some((id, entry.rejection.as_ref()?)))
    }

    /// What the client may do with another user's document; none for its own.
    #[must_use]
    pub fn access(&self, id: &DocumentId) -> Option<Access> {
        self.state.documents.get(id)?.access
    }

    /// Makes `content` the document, and creates it if there is none. Returns whether anything
    /// changed.
    ///
    /// # Errors
    /// [`ClientError::Document`] when no server would store it; [`ClientError::Clock`].
    pub fn edit(
        &mut self,
        id: &DocumentId,
        content: &Document,
        now: UnixMillis,
    ) -> Result<bool, ClientError> {
        // How large a document may be is the server's decision.
        check(content, usize::MAX).map_err(ClientError::Document)?;
        let revision = self.state.stamp(now)?;
        let clock = self.state.server_clock.clone();
        let entry = self.state.documents.entry(id);
        let seen = entry.seen_at(clock);
        let is_changed = entry.document.edit(content, &revision, seen.as_ref());
        self.state.tidy(id, is_changed);
        Ok(is_changed)
    }

    /// Deletes the document. Returns whether there was one.
    ///
    /// # Errors
    /// [`ClientError::Clock`].
    pub fn delete(&mut self, id: &DocumentId, now: UnixMillis) -> Result<bool, ClientError> {
        let revision = self.state.stamp(now)?;
        let clock = self.state.server_clock.clone();
        let Some(entry) = self.state.documents.get_mut(id) else {
            return Ok(false);
        };
        let seen = entry.seen_at(clock);
        let is_changed = entry.document.delete(&revision, seen.as_ref());
        self.state.tidy(id, is_changed);
        Ok(is_changed)
    }

    /// Sends a rejected document again with the next request.
    pub fn retry(&mut self, id: &DocumentId) {
        if let Some(entry) = self.state.documents.get_mut(id) {
            entry.rejection = None;
        }
    }

    /// Whether the last sync is more than `millis` milliseconds ago. Longer than the server's
    /// retention, and a reset will come anyway: then [`Self::prune`] frees the memory before.
    #[must_use]
    pub fn should_prune(&self, millis: u64, now: UnixMillis) -> bool {
        self.state
            .last_sync
            .is_some_and(|last| now.0.saturating_sub(last.0) > millis)
    }

    /// Forgets all that the server gave; documents with pending edits stay. The next sync fetches
    /// the whole collection, and drops of those what it lacks, as after a reset.
    pub fn prune(&mut self) {
        self.in_flight = None;
        self.pass = Pass::Over;
        self.state
            .documents
            .retain(|entry| entry.document.pending().is_some());
        for (_, entry) in self.state.documents.iter_mut(Entry::is_sent) {
            entry.document.doubt();
        }
        self.state.forget_server();
        // A first pull brings no tombstones.
        self.begin_reset(None);
    }

    /// What the server's clock was at the last answer; [`Hlc::zero`] before the first.
    #[must_use]
    pub fn server_clock(&self) -> Hlc {
        self.state.server_clock.clone().unwrap_or_else(Hlc::zero)
    }
}

#[cfg(test)]
mod tests;
