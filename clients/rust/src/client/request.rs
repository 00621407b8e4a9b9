//! What is sent, and what of it no answer has told of.

use std::collections::BTreeMap;

use syncline_domain::{document::encoded_bytes, rebase::Push};

use super::{SyncClient, clock::Pass, documents::Entry};
use crate::{
    ClientError, DocumentId,
    wire::{DocumentChange, PROTOCOL, SyncRequest},
};

/// How many documents an answer holds, unless the application decides.
pub(super) const PAGE_DOCUMENTS: u32 = 1_000;

/// How many changes a request holds.
pub(super) const MAX_CHANGES: usize = 256;

/// From which size on, in bytes of documents, nothing is added to a request.
const MAX_BYTES: usize = 1 << 20;

/// A request that was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct InFlight {
    /// What was pushed and not told of yet. In a paged pull, that may come with a later page.
    pub(super) pushes: BTreeMap<DocumentId, Push>,
    /// Whether it waits for its answer, rather than for the next page.
    pub(super) is_sent: bool,
}

impl SyncClient {
    /// The next request: all that is pending, as far as one request may hold it, and everything
    /// that the client has not seen. What was pending when the pass began goes first: the pass ends when
    /// that is pushed and everything pulled, or when it is abandoned. While the server's pages are
    /// fetched nothing is pushed.
    ///
    /// After it comes [`Self::apply`] with its answer, [`Self::refuse`] or [`Self::abandon`].
    ///
    /// # Errors
    /// [`ClientError::InFlight`] when the last request has neither.
    pub fn begin_sync(&mut self) -> Result<SyncRequest, ClientError> {
        let mut in_flight = self.in_flight.take().unwrap_or_default();
        if in_flight.is_sent {
            self.in_flight = Some(in_flight);
            return Err(ClientError::InFlight);
        }
        self.continue_pass();
        if !self.state.is_paging {
            in_flight.pushes = self.next_pushes();
        }
        let changes = if self.state.is_paging {
            Vec::new()
        } else {
            changes(&in_flight.pushes)
        };
        in_flight.is_sent = true;
        self.in_flight = Some(in_flight);
        Ok(SyncRequest {
            protocol: PROTOCOL,
            collection: self.collection().clone(),
            node: self.node().clone(),
            client_clock: self.server_clock(),
            changes,
            limit: self.page_size,
            echo: false,
            partial: true,
        })
    }

    /// The server refused the request under way as a whole: it took nothing in, and what is pushed
    /// next is made of the documents as they are then.
    pub fn refuse(&mut self) {
        for id in self
            .in_flight
            .iter()
            .flat_map(|in_flight| in_flight.pushes.keys())
        {
            if let Some(entry) = self
                .state
                .documents
                .get_mut(id)
                .filter(|_| !self.state.is_paging)
            {
                entry.document.refused();
                self.owed.insert(id.clone());
            }
        }
        self.is_refused = true;
        self.give_up();
    }

    /// Gives the request under way up, and the pass with it: whether the server took it in is not known,
    /// and what it pushed will be pushed again word for word.
    pub fn abandon(&mut self) {
        self.give_up();
        self.pass = Pass::Over;
    }

    fn give_up(&mut self) {
        self.is_resumed = self.state.is_paging;
        match &mut self.in_flight {
            Some(in_flight) if self.state.is_paging => in_flight.is_sent = false,
            in_flight => *in_flight = None,
        }
    }

    /// Whether anything waits to be pushed within this pass.
    pub(super) fn has_owed(&self) -> bool {
        self.owed().next().is_some()
    }

    fn owed(&self) -> impl Iterator<Item = &DocumentId> {
        self.owed.iter().filter(|id| {
            let entry = self.state.documents.get(id);
            entry.is_some_and(Entry::is_to_be_sent)
        })
    }

    /// What was edited since the pass began, and may go with it unless a request was refused: a document that
    /// is the reason, and is edited again and again, would never let the pass end.
    fn late(&self) -> impl Iterator<Item = &DocumentId> {
        let entries = self.state.documents.iter();
        let late = entries.filter(|(id, entry)| entry.is_to_be_sent() && !self.owed.contains(id));
        late.map(|(id, _)| id).filter(|_| !self.is_refused)
    }

    fn next_pushes(&mut self) -> BTreeMap<DocumentId, Push> {
        let (mut pushes, mut bytes) = (BTreeMap::new(), 0);
        let ids = self.owed().chain(self.late());
        let ids: Vec<_> = ids.take(self.max_changes).cloned().collect();
        for id in ids {
            if bytes >= MAX_BYTES {
                break;
            }
            let Some(entry) = self.state.documents.get_mut(&id) else {
                continue;
            };
            let is_repeated = entry.is_sent();
            if let Some(push) = entry.document.push() {
                if !is_repeated {
                    self.owed.remove(&id);
                }
                bytes += push.content.as_ref().map_or(0, encoded_bytes);
                pushes.insert(id, push);
            }
        }
        pushes
    }
}

fn changes(pushes: &BTreeMap<DocumentId, Push>) -> Vec<DocumentChange> {
    pushes
        .iter()
        .map(|(id, push)| DocumentChange::new(id, push))
        .collect()
}
