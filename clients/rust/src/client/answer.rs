//! What an answer does to the client's documents.

use std::collections::{BTreeMap, BTreeSet};

use syncline_domain::{hlc::Hlc, hlc::UnixMillis, rebase::Push};

use super::{
    SyncClient,
    clock::{Pass, is_skew, latest_revision},
};
use crate::{
    Access, ClientError, DocumentId,
    wire::{Accepted, Rejection, ReportedConflict, ServerChange, SyncAnswer},
};

/// What an answer did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Fields that both sides changed; the loser of each is named.
    pub conflicts: Vec<ReportedConflict>,
    /// The documents that the server changed on this device, deleted or took away.
    pub changed: BTreeSet<DocumentId>,
    /// The documents that the server did not store; [`SyncClient::rejected`] tells why.
    pub rejected: BTreeSet<DocumentId>,
    /// Whether there is more to pull, or to push of what was edited before the pass began: sync again at
    /// once.
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
        let latest = latest_revision(&answer).clone();
        self.hear(&latest, now)?;
        self.note_difference(&answer.server_clock, now);
        if answer.reset {
            if self.state.is_paging {
                // Whoever answers now may never have had them. Where they arrived, to push them again
                // changes nothing.
                self.owed.extend(std::mem::take(&mut pushes).into_keys());
            }
            self.begin_reset(answer.heal_from.as_ref());
        }
        let mut applied = Applied {
            conflicts: answer.conflicts,
            ..Applied::default()
        };
        // First of all: the same answer may hold what others made of these documents, which is no
        // answer to what was pushed.
        let skewed = server_time(&answer.rejected, &answer.server_clock);
        let vague = self.reject(answer.rejected, &mut pushes, &mut applied);
        let accepted: Vec<_> = answer.accepted.into_iter().map(named_revision).collect();
        self.reject_rest(&vague, &accepted, &mut pushes, &mut applied);
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
        for (id, revision) in accepted {
            if let Some(push) = pushes.remove(&id) {
                self.accept(&id, &push, revision, &answer.server_clock);
                self.doubt(&id, answer.reset);
            }
        }
        if let Some(server_time) = skewed {
            for id in self.correct_rejected(server_time, now)? {
                applied.rejected.remove(&id);
                self.owed.insert(id);
            }
            self.hear(&latest, now)?;
        }
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
        applied.has_more = answer.has_more
            || std::mem::take(&mut self.is_resumed)
            || self.has_owed()
            || self.state.reset.is_some();
        if !applied.has_more {
            self.pass = Pass::Over;
        }
        Ok(applied)
    }

    fn receive(&mut self, id: &DocumentId, change: ServerChange, push: Option<&Push>, clock: &Hlc) {
        let entry = self.state.documents.entry(id);
        entry.access = change.access;
        entry.is_missing = false;
        match (change.into_document(), push) {
            (Some(document), Some(push)) => entry.document.answer(push, Some(document), clock),
            (Some(document), None) => entry.document.receive(document),
            (None, push) => {
                // A push that was not refused was taken in.
                if let Some(push) = push {
                    entry.document.answer(push, None, clock);
                }
                entry.document.removed();
            }
        }
        self.state.tidy(id, false);
    }

    fn accept(&mut self, id: &DocumentId, push: &Push, revision: Hlc, clock: &Hlc) {
        if let Some(entry) = self.state.documents.get_mut(id) {
            // Whoever may write a document of another no longer is told of that.
            entry.access = id.owner.as_ref().map(|_| Access::Write);
            entry
                .document
                .answer(push, Some(push.stored(revision)), clock);
        }
    }

    /// A reset brings what was accepted of another's documents, unless it is gone by now.
    fn doubt(&mut self, id: &DocumentId, is_reset: bool) {
        if let Some(entry) = self.state.documents.get_mut(id) {
            entry.is_missing = is_reset && id.owner.is_some();
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

    /// Keeps what was not stored, with the reasons. Gives the rejections back that name nothing that
    /// was pushed.
    fn reject(
        &mut self,
        rejections: Vec<Rejection>,
        pushes: &mut BTreeMap<DocumentId, Push>,
        applied: &mut Applied,
    ) -> Vec<Rejection> {
        let mut vague = Vec::new();
        for rejection in rejections {
            match take_named(&rejection, pushes) {
                Some((id, push)) => self.reject_document(id, &push, rejection, applied),
                None => vague.push(rejection),
            }
        }
        vague
    }

    /// A rejection that names none, or not exactly, means every push that the answer does not say was
    /// accepted: better sent again than taken for stored.
    fn reject_rest(
        &mut self,
        vague: &[Rejection],
        accepted: &[(DocumentId, Hlc)],
        pushes: &mut BTreeMap<DocumentId, Push>,
        applied: &mut Applied,
    ) {
        let Some(rejection) = vague.first() else {
            return;
        };
        let accepted: BTreeSet<_> = accepted.iter().map(|(id, _)| id).collect();
        let (kept, refused) = std::mem::take(pushes)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|(id, _)| accepted.contains(id));
        *pushes = kept;
        for (id, push) in refused {
            self.reject_document(id, &push, rejection.clone(), applied);
        }
    }

    fn reject_document(
        &mut self,
        id: DocumentId,
        push: &Push,
        rejection: Rejection,
        applied: &mut Applied,
    ) {
        if let Some(entry) = self.state.documents.get_mut(&id) {
            entry.document.refused();
            if entry.reject(push, rejection) {
                applied.rejected.insert(id);
            }
        }
    }
}

/// The document that was accepted, and its revision.
fn named_revision(accepted: Accepted) -> (DocumentId, Hlc) {
    let id = DocumentId {
        owner: accepted.owner,
        key: accepted.key,
    };
    (id, accepted.rev)
}

/// Takes the push that a rejection names.
fn take_named(
    rejection: &Rejection,
    pushes: &mut BTreeMap<DocumentId, Push>,
) -> Option<(DocumentId, Push)> {
    let is_named = |id: &&DocumentId| {
        Some(id.key.as_str()) == rejection.key.as_deref() && id.owner == rejection.owner
    };
    let id = pushes.keys().find(is_named).cloned()?;
    pushes.remove_entry(&id)
}

/// The server's time, if a clock was ahead of it.
fn server_time(rejections: &[Rejection], clock: &Hlc) -> Option<UnixMillis> {
    let skewed = rejections.iter().find(|rejection| is_skew(rejection))?;
    Some(skewed.server_time.unwrap_or(clock.millis()))
}
