//! What an answer does to the client's documents.

use std::collections::{BTreeMap, BTreeSet};

use syncline_domain::{hlc::Hlc, hlc::UnixMillis, rebase::Push};

use super::{SyncClient, documents::Entry};
use crate::{
    ClientError, DocumentId,
    wire::{Rejection, ReportedConflict, ServerChange, SyncAnswer},
};

/// The code of a rejection that a correct clock prevents.
const CLOCK_SKEW: &str = "clock_skew";

/// What an answer did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Fields that both sides changed; the loser of each is named.
    pub conflicts: Vec<ReportedConflict>,
    /// The documents that the server changed on this device, deleted or took away.
    pub changed: BTreeSet<DocumentId>,
    /// The documents that the server did not store; [`SyncClient::rejected`] tells why.
    pub rejected: BTreeSet<DocumentId>,
    /// Whether there is more to push or to pull: sync again at once.
    pub has_more: bool,
}

impl Applied {
    /// What two answers did together.
    pub(crate) fn add(&mut self, next: Self) {
        self.conflicts.extend(next.conflicts);
        self.changed.extend(next.changed);
        self.rejected.extend(next.rejected);
        self.has_more = next.has_more;
    }
}

impl SyncClient {
    /// Takes the answer to the request under way in. Edits that were made meanwhile stay pending.
    ///
    /// # Errors
    /// [`ClientError::NotInFlight`] without a request, [`ClientError::Clock`]: nothing was applied.
    pub fn apply(&mut self, answer: SyncAnswer, now: UnixMillis) -> Result<Applied, ClientError> {
        let in_flight = self.in_flight.take_if(|in_flight| in_flight.is_sent);
        let mut pushes = in_flight.ok_or(ClientError::NotInFlight)?.pushes;
        self.hear(&answer, now)?;
        if answer.reset {
            self.begin_reset(answer.heal_from.as_ref());
        }
        let mut applied = Applied {
            conflicts: answer.conflicts,
            ..Applied::default()
        };
        for change in answer.server_changes {
            let id = change.id();
            self.receive(
                &id,
                change,
                pushes.remove(&id).as_ref(),
                &answer.server_clock,
            );
            applied.changed.insert(id);
        }
        for accepted in answer.accepted {
            let id = DocumentId {
                owner: accepted.owner,
                key: accepted.key,
            };
            if let Some(push) = pushes.remove(&id) {
                self.accept(&id, &push, accepted.rev, &answer.server_clock);
            }
        }
        self.reject(
            answer.rejected,
            &mut pushes,
            now,
            &answer.server_clock,
            &mut applied,
        )?;
        self.state.server_clock = Some(answer.server_clock.clone());
        self.state.last_sync = Some(now);
        self.state.is_paging = answer.has_more;
        if answer.has_more {
            self.in_flight = Some(super::InFlight {
                pushes,
                is_sent: false,
            });
        } else {
            self.settle(&pushes, &answer.server_clock);
            self.end_pull(&mut applied.changed);
        }
        applied.has_more = answer.has_more || self.has_unsent() || self.state.reset.is_some();
        Ok(applied)
    }

    fn receive(&mut self, id: &DocumentId, change: ServerChange, push: Option<&Push>, clock: &Hlc) {
        let entry = self.state.documents.entry(id);
        entry.access = change.access;
        entry.is_missing = false;
        match (change.into_document(), push) {
            (Some(document), Some(push)) => entry.document.answer(push, Some(document), clock),
            (Some(document), None) => entry.document.receive(document),
            (None, _) => entry.document.removed(),
        }
        self.state.tidy(id, false);
    }

    fn accept(&mut self, id: &DocumentId, push: &Push, revision: Hlc, clock: &Hlc) {
        if let Some(entry) = self.state.documents.get_mut(id) {
            entry.is_missing = false;
            entry
                .document
                .answer(push, Some(push.stored(revision)), clock);
        }
    }

    /// Documents of which a whole answer says nothing are as the device last saw them: what it
    /// pushed lost against that, or was known already.
    fn settle(&mut self, pushes: &BTreeMap<DocumentId, Push>, clock: &Hlc) {
        for (id, push) in pushes {
            if let Some(entry) = self.state.documents.get_mut(id) {
                entry.document.answer(push, None, clock);
            }
            self.state.tidy(id, false);
        }
    }

    /// Keeps what was not stored, with the reason. A clock that was ahead is corrected instead.
    fn reject(
        &mut self,
        rejections: Vec<Rejection>,
        pushes: &mut BTreeMap<DocumentId, Push>,
        now: UnixMillis,
        clock: &Hlc,
        applied: &mut Applied,
    ) -> Result<(), ClientError> {
        let skewed = rejections
            .iter()
            .find(|rejection| rejection.code == CLOCK_SKEW);
        let server_time = skewed.map(|rejection| rejection.server_time.unwrap_or(clock.millis()));
        for rejection in rejections {
            for id in rejected_ids(&rejection, pushes) {
                pushes.remove(&id);
                let Some(entry) = self.state.documents.get_mut(&id) else {
                    continue;
                };
                entry.document.refused();
                entry.rejection = Some(rejection.clone());
                applied.rejected.insert(id);
            }
        }
        let Some(server_time) = server_time else {
            return Ok(());
        };
        if self.correct_clock(server_time, now)? {
            let is_skewed = |entry: &Entry| {
                let rejection = entry.rejection.as_ref();
                rejection.is_some_and(|rejection| rejection.code == CLOCK_SKEW)
            };
            for (id, entry) in self.state.documents.iter_mut(is_skewed) {
                entry.rejection = None;
                applied.rejected.remove(id);
            }
        }
        Ok(())
    }
}

/// Which pushes a rejection means. One that names none, or not exactly, means every push that the
/// answer says nothing else of: better sent again than taken for stored.
fn rejected_ids(rejection: &Rejection, pushes: &BTreeMap<DocumentId, Push>) -> Vec<DocumentId> {
    let is_named = |id: &&DocumentId| Some(id.key.as_str()) == rejection.key.as_deref();
    let named: Vec<_> = pushes.keys().filter(is_named).cloned().collect();
    if named.is_empty() {
        pushes.keys().cloned().collect()
    } else {
        named
    }
}
