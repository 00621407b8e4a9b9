//! What a caller may not write.

use syncline_domain::access::{Access, Namespace};

use super::decision::Decision;
use crate::{
    accounts::AccountDeleted,
    ports::Before,
    sync::{
        SyncError,
        request::{PushedChange, Rejection, SyncRequest},
    },
};

/// Refuses the whole request for one change that is, unless its others are to be stored.
pub(super) fn all_or_those_accepted(
    request: &SyncRequest,
    decisions: Vec<Decision>,
) -> Result<Vec<Decision>, SyncError> {
    let is_rejected = |decision: &Decision| decision.rejection.is_some();
    if request.rejected.is_some() || !decisions.iter().any(is_rejected) {
        return Ok(decisions);
    }
    let rejections = decisions.into_iter().filter_map(|it| it.rejection);
    Err(SyncError::Rejected(rejections.collect()))
}

/// Why the caller may not write a document of another user.
pub(super) fn of_access(
    change: &PushedChange,
    document: usize,
    before: &Before,
) -> Option<Rejection> {
    change.owner.as_ref()?;
    let route = before.routes.get(document).and_then(Option::as_ref);
    match route.map(|route| route.access) {
        Some(Access::Write) => None,
        access => Some(Rejection::of_access(change, access)),
    }
}

/// Whoever may not write in a namespace of its own has none any longer.
pub(super) fn no_member(request: &SyncRequest) -> SyncError {
    match request.scope.namespace {
        Namespace::Personal(_) => AccountDeleted.into(),
        Namespace::Organisation(_) => SyncError::NotMember,
    }
}
