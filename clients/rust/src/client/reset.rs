//! What a client does when the server sends its whole state anew.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use syncline_domain::hlc::Hlc;

use super::SyncClient;
use crate::{DocumentId, wire::Access};

/// How far a reset has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ResetPhase {
    /// The whole state is on its way.
    Pulling,
    /// It has come. A document that changed while its pages were fetched comes with one more
    /// pull; what that lacks as well is gone.
    Confirming,
}

impl SyncClient {
    /// Doubts every document until the server brings it. Those that a restored database may have
    /// lost become pending, if the client may write them.
    pub(super) fn begin_reset(&mut self, heal_from: Option<&Hlc>) {
        self.state.reset = Some(ResetPhase::Pulling);
        for (id, entry) in self.state.documents.iter_mut(|_| true) {
            let Some(server) = entry.document.server() else {
                continue;
            };
            let is_lost = heal_from.is_some_and(|heal_from| server.revision > *heal_from)
                && entry.access != Some(Access::Read);
            entry.is_missing = true;
            if is_lost {
                entry.document.heal();
                self.owed.insert(id.clone());
            }
        }
    }

    /// A pull is complete.
    pub(super) fn end_pull(&mut self, changed: &mut BTreeSet<DocumentId>) {
        self.state.reset = match self.state.reset {
            Some(ResetPhase::Pulling) => Some(ResetPhase::Confirming),
            Some(ResetPhase::Confirming) => {
                self.drop_missing(changed);
                None
            }
            None => None,
        };
    }

    fn drop_missing(&mut self, changed: &mut BTreeSet<DocumentId>) {
        for (id, entry) in self.state.documents.iter_mut(|entry| entry.is_missing) {
            entry.is_missing = false;
            match id.owner {
                // It may no longer be seen.
                Some(_) => entry.document.removed(),
                None => entry.document.missing(),
            }
            changed.insert(id.clone());
        }
        self.state
            .documents
            .retain(|entry| !entry.document.is_unknown());
    }
}
