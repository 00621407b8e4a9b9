//! The device's clock, and what becomes of it when it is ahead of the server's.

use std::{
    cmp::max,
    collections::{BTreeMap, BTreeSet},
};

use syncline_domain::hlc::{Hlc, HlcError, UnixMillis};

use super::{SyncClient, documents::Entry};
use crate::{
    ClientError, DocumentId,
    wire::{Rejection, SyncAnswer},
};

/// The code of a rejection because of a clock that is ahead.
const CLOCK_SKEW: &str = "clock_skew";

/// The requests from the first until nothing more is to be pushed or pulled, and whether what was
/// ahead was sent again with them: it may stay ahead, whatever the device does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    Over,
    Begun,
    Corrected,
}

impl SyncClient {
    /// Sets the clock by the server's time and stamps pending edits anew that are ahead of it,
    /// moved by as much as the device's clock is ahead: the server refused them. Returns whether
    /// there were any.
    ///
    /// # Errors
    /// [`ClientError::Clock`].
    pub fn correct_clock(
        &mut self,
        server_time: UnixMillis,
        now: UnixMillis,
    ) -> Result<bool, ClientError> {
        let own = self.own_unsent();
        // The server refuses what names origins that are ahead as well.
        let (refused, kept): (BTreeSet<_>, BTreeSet<_>) = own
            .into_iter()
            .partition(|revision| revision.millis() > server_time);
        let latest = refused
            .last()
            .map_or(now, |revision| max(now, revision.millis()));
        let difference = latest.0.saturating_sub(server_time.0);
        // Beyond whatever the device stamped before: an edit must not look older than the one that
        // it replaces, or the same.
        let known = self
            .state
            .documents
            .values()
            .flat_map(Entry::known_revisions);
        let known = known
            .filter(|revision| revision.node() == self.node())
            .max();
        let seen = self
            .state
            .server_clock
            .iter()
            .chain(kept.last())
            .chain(known);
        let mut clock = Hlc::zero().with_node(self.node().clone());
        for earlier in seen {
            clock = clock.receive(earlier, UnixMillis(0))?;
        }
        let mut renewed = BTreeMap::new();
        for revision in refused {
            let moved = UnixMillis(revision.millis().0.saturating_sub(difference));
            clock = clock.tick(moved)?;
            renewed.insert(revision, clock.clone());
        }
        self.state.ahead = now.0.saturating_sub(server_time.0);
        self.state.clock = clock;
        let is_pending = |entry: &Entry| entry.document.pending().is_some();
        for (_, entry) in self.state.documents.iter_mut(is_pending) {
            entry.document.restamp(&renewed);
        }
        Ok(!renewed.is_empty())
    }

    /// Corrects the clock because of a rejection, once in a pass, and sends again what was rejected
    /// because of it. Returns what that is.
    pub(super) fn correct_rejected(
        &mut self,
        server_time: UnixMillis,
        now: UnixMillis,
    ) -> Result<Vec<DocumentId>, ClientError> {
        if self.pass == Pass::Corrected || !self.correct_clock(server_time, now)? {
            return Ok(Vec::new());
        }
        self.pass = Pass::Corrected;
        Ok(self.retry_skewed())
    }

    /// A request is about to be made. The first of a pass decides what the pass has to push. What was
    /// rejected because of a clock goes again: time may have caught up.
    pub(super) fn continue_pass(&mut self) {
        if self.pass == Pass::Over {
            self.pass = Pass::Begun;
            self.is_refused = false;
            self.retry_skewed();
            let entries = self.state.documents.iter();
            let unsent = entries.filter(|(_, entry)| entry.is_to_be_sent());
            self.owed = unsent.map(|(id, _)| id.clone()).collect();
        }
    }

    fn retry_skewed(&mut self) -> Vec<DocumentId> {
        let is_skewed = |entry: &Entry| entry.rejection.as_ref().is_some_and(is_skew);
        let skewed = self.state.documents.iter_mut(is_skewed);
        let retried = skewed.map(|(id, entry)| {
            entry.rejection = None;
            id.clone()
        });
        retried.collect()
    }

    fn own_unsent(&self) -> BTreeSet<Hlc> {
        let entries = self.state.documents.values();
        entries
            .flat_map(Entry::unsent_revisions)
            .filter(|revision| revision.node() == self.node())
            .collect()
    }

    /// Advances the clock beyond `latest`.
    pub(super) fn hear(&mut self, latest: &Hlc, now: UnixMillis) -> Result<(), HlcError> {
        let now = self.state.corrected(now);
        self.state.clock = self.state.clock.receive(latest, now)?;
        Ok(())
    }

    /// The device's time is at most as much ahead as an answer tells.
    pub(super) fn note_difference(&mut self, server_clock: &Hlc, now: UnixMillis) {
        let ahead = now.0.saturating_sub(server_clock.millis().0);
        self.state.ahead = self.state.ahead.min(ahead);
    }
}

/// Whether a clock that is ahead is the reason.
pub(super) fn is_skew(rejection: &Rejection) -> bool {
    rejection.code == CLOCK_SKEW
}

/// The latest of the server's revisions in an answer.
pub(super) fn latest_revision(answer: &SyncAnswer) -> &Hlc {
    let changes = answer.server_changes.iter();
    let accepted = answer.accepted.iter().map(|accepted| &accepted.rev);
    changes
        .filter_map(|change| change.revision.as_ref())
        .chain(accepted)
        .fold(&answer.server_clock, max)
}
