//! The device's clock, and what becomes of it when it is ahead of the server's.

use std::{
    cmp::max,
    collections::{BTreeMap, BTreeSet},
};

use syncline_domain::hlc::{Hlc, HlcError, UnixMillis};

use super::{SyncClient, documents::Entry};
use crate::{ClientError, wire::SyncAnswer};

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
        let (mut refused, kept) = self.own_revisions(server_time, Entry::pending_revisions);
        // The server refuses what names them as well.
        refused.extend(self.own_revisions(server_time, Entry::origins).0);
        let latest = refused
            .last()
            .map_or(now, |revision| max(now, revision.millis()));
        let difference = latest.0.saturating_sub(server_time.0);
        let seen = self.state.server_clock.iter().chain(kept.last());
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

    /// The device's revisions among these of each document: those later than `server_time`, and the
    /// others.
    fn own_revisions<'e, R: Iterator<Item = Hlc> + 'e>(
        &'e self,
        server_time: UnixMillis,
        revisions: impl Fn(&'e Entry) -> R,
    ) -> (BTreeSet<Hlc>, BTreeSet<Hlc>) {
        let entries = self.state.documents.values();
        entries
            .flat_map(revisions)
            .filter(|revision| revision.node() == self.node())
            .partition(|revision| revision.millis() > server_time)
    }

    /// Advances the clock beyond all that the answer holds.
    pub(super) fn hear(&mut self, answer: &SyncAnswer, now: UnixMillis) -> Result<(), HlcError> {
        let revisions = answer
            .server_changes
            .iter()
            .filter_map(|change| change.revision.as_ref());
        let accepted = answer.accepted.iter().map(|accepted| &accepted.rev);
        let latest = revisions.chain(accepted).fold(&answer.server_clock, max);
        self.state.clock = self
            .state
            .clock
            .receive(latest, self.state.corrected(now))?;
        let ahead = now.0.saturating_sub(answer.server_clock.millis().0);
        self.state.ahead = self.state.ahead.min(ahead);
        Ok(())
    }
}
