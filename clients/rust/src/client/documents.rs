//! What a client keeps between runs.

use serde::{Deserialize, Serialize};
use syncline_domain::{
    hlc::{Hlc, HlcError, Node, UnixMillis},
    identifier::CollectionName,
    rebase::{LocalDocument, Pending, Push},
};

use super::{entries::Documents, reset::ResetPhase};
use crate::{
    DocumentId,
    wire::{Access, Rejection},
};

/// Everything but the request under way, which does not survive the program.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    pub(super) collection: CollectionName,
    /// The device's clock, which stamps edits.
    pub(super) clock: Hlc,
    /// By how many milliseconds the device's time is ahead of the server's.
    #[serde(default)]
    pub(super) ahead: u64,
    /// The server's clock in its last answer.
    #[serde(default)]
    pub(super) server_clock: Option<Hlc>,
    /// When that was, in the device's time.
    #[serde(default)]
    pub(super) last_sync: Option<UnixMillis>,
    /// Whether the last answer was a page, and more are waiting.
    #[serde(default)]
    pub(super) is_paging: bool,
    #[serde(default)]
    pub(super) reset: Option<ResetPhase>,
    #[serde(default)]
    pub(super) documents: Documents,
}

/// A document, and what is known around it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(flatten)]
    pub(super) document: LocalDocument,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) access: Option<Access>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rejection: Option<Rejection>,
    /// Whether a reset has not brought it, so far.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_missing: bool,
}

impl State {
    pub(super) fn new(collection: CollectionName, node: Node) -> Self {
        Self {
            collection,
            clock: Hlc::zero().with_node(node),
            ahead: 0,
            server_clock: None,
            last_sync: None,
            is_paging: false,
            reset: None,
            documents: Documents::default(),
        }
    }

    /// The revision of an edit that is made at `now`.
    pub(super) fn stamp(&mut self, now: UnixMillis) -> Result<Hlc, HlcError> {
        self.clock = self.clock.tick(self.corrected(now))?;
        Ok(self.clock.clone())
    }

    /// The device's time as the server would have it.
    pub(super) fn corrected(&self, now: UnixMillis) -> UnixMillis {
        UnixMillis(now.0.saturating_sub(self.ahead))
    }

    /// Keeps no entry of which nothing is known. An edit makes a rejection void.
    pub(super) fn tidy(&mut self, id: &DocumentId, is_edited: bool) {
        let Some(entry) = self.documents.get_mut(id) else {
            return;
        };
        if is_edited {
            entry.rejection = None;
        }
        if entry.document.is_unknown() {
            self.documents.remove(id);
        }
    }

    /// The next pull is a first one.
    pub(super) fn forget_server(&mut self) {
        self.server_clock = None;
        self.last_sync = None;
        self.is_paging = false;
        self.reset = None;
    }
}

impl Entry {
    pub(super) fn is_to_be_sent(&self) -> bool {
        self.document.pending().is_some() && self.rejection.is_none()
    }

    /// Whether it was pushed, and there is no answer. It is pushed again as it was.
    pub(super) fn is_sent(&self) -> bool {
        let pending = self.document.pending();
        pending.is_some_and(|pending| pending.sent.is_some())
    }

    /// The server did not store `push`. Returns whether the document is to wait for an edit: one that was
    /// made since may have mended it.
    pub(super) fn reject(&mut self, push: &Push, rejection: Rejection) -> bool {
        let is_to_wait = !self.document.is_edited_since(push);
        if is_to_wait {
            self.rejection = Some(rejection);
        }
        is_to_wait
    }

    /// What the device has seen of the document when the server's last clock was this one: of one that
    /// a reset has not brought, nothing since it came.
    pub(super) fn seen_at(&self, clock: Option<Hlc>) -> Option<Hlc> {
        let doubted = self.document.server().filter(|_| self.is_missing);
        doubted.map(|server| server.revision.clone()).or(clock)
    }

    /// The revisions of edits that no server knows, and those from which they were made.
    pub(super) fn unsent_revisions(&self) -> impl Iterator<Item = Hlc> {
        let pending = self.document.pending().into_iter();
        pending.flat_map(Pending::unsent_revisions)
    }

    /// The revisions that the server has, or may have, of a document with pending edits.
    pub(super) fn known_revisions(&self) -> impl Iterator<Item = &Hlc> {
        let pending = self.document.pending().into_iter();
        let sent = pending.clone().flat_map(|pending| &pending.sent);
        let server = pending.filter_map(|_| self.document.server());
        let received = server.flat_map(|server| server.field_revisions.values());
        received.chain(sent.flat_map(|sent| sent.field_revisions.values()))
    }
}
