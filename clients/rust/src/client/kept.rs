//! What a store keeps of a client: its head, and each document by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use syncline_domain::{
    document::Document,
    hlc::{Hlc, UnixMillis},
    identifier::CollectionName,
};

use super::{
    SyncClient,
    documents::{Entry, State},
    entries::Documents,
    request::MAX_CHANGES,
    reset::ResetPhase,
};
use crate::{
    DocumentId,
    wire::{Access, Rejection},
};

/// Everything but the documents, as [`State`] reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    collection: &'a CollectionName,
    clock: &'a Hlc,
    ahead: u64,
    server_clock: &'a Option<Hlc>,
    last_sync: Option<UnixMillis>,
    is_paging: bool,
    reset: Option<ResetPhase>,
}

/// A document as it is kept.
pub(crate) struct KeptDocument {
    pub(crate) text: String,
    pub(crate) is_pending: bool,
}

/// A document as the application sees it.
pub(crate) struct Shown<'a> {
    pub(crate) id: &'a DocumentId,
    pub(crate) content: Document,
    pub(crate) access: Option<Access>,
    pub(crate) is_unsent: bool,
    pub(crate) rejection: Option<&'a Rejection>,
}

impl SyncClient {
    /// The client of which this was kept. It notes from here on which documents change.
    pub(crate) fn resume<'t>(
        head: &str,
        documents: impl IntoIterator<Item = (DocumentId, &'t str)>,
    ) -> Result<Self, serde_json::Error> {
        let state: State = serde_json::from_str(head)?;
        let entries = documents
            .into_iter()
            .map(|(id, text)| Ok((id, serde_json::from_str::<Entry>(text)?)))
            .collect::<Result<BTreeMap<_, _>, serde_json::Error>>()?;
        Ok(Self::with_state(State {
            documents: Documents::noting(entries),
            ..state
        }))
    }

    /// The same client, which notes which documents change.
    pub(crate) fn noting(mut self) -> Self {
        self.state.documents = Documents::noting(BTreeMap::new());
        self
    }

    pub(crate) fn head(&self) -> Result<String, serde_json::Error> {
        let state = &self.state;
        serde_json::to_string(&Head {
            collection: &state.collection,
            clock: &state.clock,
            ahead: state.ahead,
            server_clock: &state.server_clock,
            last_sync: state.last_sync,
            is_paging: state.is_paging,
            reset: state.reset,
        })
    }

    /// The documents that may have changed since this was asked last.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<DocumentId> {
        self.state.documents.take_touched()
    }

    /// A document as it is to be kept; none if it is not.
    pub(crate) fn kept(&self, id: &DocumentId) -> Result<Option<KeptDocument>, serde_json::Error> {
        let Some(entry) = self.state.documents.get(id) else {
            return Ok(None);
        };
        Ok(Some(KeptDocument {
            text: serde_json::to_string(entry)?,
            is_pending: entry.document.pending().is_some(),
        }))
    }

    /// Every document that there is, by key.
    pub(crate) fn shown(&self) -> impl Iterator<Item = Shown<'_>> {
        self.state.documents.iter().filter_map(|(id, entry)| {
            Some(Shown {
                id,
                content: entry.document.content()?,
                access: entry.access,
                is_unsent: entry.document.pending().is_some(),
                rejection: entry.rejection.as_ref(),
            })
        })
    }

    /// Asks the server for at most so many documents in an answer.
    pub(crate) fn limit_pages(&mut self, documents: u32) {
        self.page_size = Some(documents);
    }

    /// Pushes one document with a request, or as many as it holds.
    pub(crate) fn push_one_by_one(&mut self, is_wanted: bool) {
        self.max_changes = if is_wanted { 1 } else { MAX_CHANGES };
    }

    /// The server refused the request under way because of the one document that it pushed. Returns the
    /// document, if it is to wait for an edit.
    pub(crate) fn reject_pushed(&mut self, rejection: &Rejection) -> Vec<DocumentId> {
        let pushes = self.in_flight.clone().unwrap_or_default().pushes;
        self.refuse();
        let mut rejected = Vec::new();
        for (id, push) in pushes {
            // If it was edited since, that edit has a pass of its own.
            self.owed.remove(&id);
            let entry = self.state.documents.get_mut(&id);
            if entry.is_some_and(|entry| entry.reject(&push, rejection.clone())) {
                rejected.push(id);
            }
        }
        rejected
    }
}
