//! What a request is told of its push.

use syncline_domain::snapshot::TransactionId;

use super::{
    Pushed, Stored,
    decision::{Decision, is_as_pushed},
};
use crate::{ports::StoredVersion, sync::request::SyncRequest};

/// What became of the changes of a request, from the versions that were there and what was decided.
pub(super) fn summarise(
    request: &SyncRequest,
    decisions: Vec<Decision>,
    current: &[Option<StoredVersion>],
    written: Option<TransactionId>,
) -> Pushed {
    let mut pushed = Pushed {
        transaction: written.filter(|_| !decisions.iter().all(Decision::is_idle)),
        ..Pushed::default()
    };
    for ((change, decision), current) in request.changes.iter().zip(decisions).zip(current) {
        if decision.is_purged {
            pushed.purged.push(change.key.clone());
        }
        if let Some(rejection) = decision.rejection {
            pushed.rejected.push(rejection);
            continue;
        }
        let stored = match (&decision.version, current) {
            (Some(version), _) => written.map(|transaction| (version, transaction)),
            (None, Some(current)) => Some((&current.version, current.transaction)),
            (None, None) => None,
        };
        let as_pushed = stored.filter(|(version, _)| is_as_pushed(version, &change.edit));
        pushed.is_merged |= decision.version.is_some() && as_pushed.is_none();
        pushed
            .stored
            .extend(as_pushed.map(|(version, transaction)| Stored {
                key: change.key.clone(),
                owner: change.owner.clone(),
                revision: version.revision.clone(),
                transaction,
            }));
        pushed
            .conflicts
            .extend(decision.pushes.into_iter().filter_map(|push| push.report));
    }
    pushed
}
