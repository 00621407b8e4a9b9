//! The parts that requests have in what is done for several of them at once.

use std::{ops::Range, sync::Arc};

use super::{
    Pushed, SyncError,
    base::{Base, PresentedClocks},
    decision::Decision,
    refusal,
    summary::summarise,
};
use crate::{
    ports::{Before, DocumentWrite, History, HistoryQuery, LockRequest},
    sync::{SyncService, request::SyncRequest},
};
use syncline_domain::{access::Namespace, snapshot::TransactionId};

/// A request, and where its documents are among those of all requests.
pub(super) struct Part<'a> {
    pub(super) request: &'a SyncRequest,
    documents: Range<usize>,
    /// Whether the caller may write in the namespace that the request is about.
    pub(super) is_member: bool,
    /// The transaction that deleted an account of the caller's before, if the request is about documents
    /// that went with it.
    ended: Option<TransactionId>,
}

impl<'a> Part<'a> {
    /// Those of requests of which each wanted to write so many documents.
    pub(super) fn of(
        requests: &'a [Arc<SyncRequest>],
        wanted: &[Vec<LockRequest>],
        before: &Before,
    ) -> Vec<Self> {
        let mut end = 0;
        let mut is_member = before.is_member.iter();
        let mut ended = before.ended.iter();
        let part = |(request, wanted): (&'a Arc<SyncRequest>, &Vec<LockRequest>)| {
            let begin = end;
            end += request.changes.len();
            Self {
                request,
                documents: begin..end,
                is_member: is_member
                    .by_ref()
                    .take(wanted.len())
                    .all(|is_member| *is_member),
                ended: ended
                    .by_ref()
                    .take(wanted.len())
                    .last()
                    .copied()
                    .flatten()
                    .filter(|_| matches!(request.scope.namespace, Namespace::Personal(_))),
            }
        };
        requests.iter().zip(wanted).map(part).collect()
    }

    /// What to store of what was decided.
    pub(super) fn writes<'d>(
        &self,
        decisions: &'d [Decision],
    ) -> impl Iterator<Item = DocumentWrite<'d>> {
        let decisions = self.documents.clone().zip(decisions);
        let decisions = decisions.filter(|(_, decision)| !decision.is_idle());
        decisions.map(|(document, decision)| DocumentWrite {
            document,
            version: decision.version.as_ref(),
            pushes: &decision.pushes,
        })
    }

    /// What has to be known of the past of those documents whose current version does not tell enough.
    pub(super) fn history_queries(&self, bases: &[Base], before: &Before) -> Vec<HistoryQuery> {
        let changes = self.request.changes.iter().zip(bases);
        let queries = changes.zip(self.documents.clone());
        let queries = queries.filter_map(|((change, base), document)| {
            let current = before.current.get(document)?.as_ref()?;
            base.history_query(document, change, current)
        });
        queries.collect()
    }

    /// What became of the changes, which `written` stored.
    pub(super) fn summary(
        &self,
        decisions: Vec<Decision>,
        before: &Before,
        written: Option<TransactionId>,
    ) -> Pushed {
        let current = before.current.get(self.documents.clone());
        summarise(
            self.request,
            decisions,
            current.unwrap_or_default(),
            written,
        )
    }
}

impl SyncService {
    /// What the device had seen of each document.
    pub(super) fn bases(&self, part: &Part<'_>, before: &Before) -> Vec<Base> {
        let mut presented = PresentedClocks::new(&self.cursors, part.request);
        let changes = part.request.changes.iter().zip(part.documents.clone());
        changes
            .map(|(change, document)| {
                let route = before.routes.get(document).and_then(Option::as_ref);
                let ended = part.ended.filter(|_| change.owner.is_none());
                Base::read(&mut presented, change, route, ended, &before.state)
            })
            .collect()
    }

    /// What becomes of each change.
    pub(super) fn decide_all(
        &self,
        part: &Part<'_>,
        bases: &[Base],
        before: &Before,
        histories: &[History],
    ) -> Result<Vec<Decision>, SyncError> {
        if !part.is_member {
            return Err(refusal::no_member(part.request));
        }
        let none = History::default();
        let changes = part.request.changes.iter().zip(bases);
        let decide = |((change, base), document)| {
            if let Some(rejection) = refusal::of_access(change, document, before) {
                return Ok(Decision::rejected(rejection));
            }
            let current = before.current.get(document).and_then(Option::as_ref);
            let history = histories.get(document).unwrap_or(&none);
            let horizon = before.state.horizon;
            self.decide(part.request, change, base, current, history, horizon)
        };
        let decided: Result<Vec<_>, SyncError> =
            changes.zip(part.documents.clone()).map(decide).collect();
        refusal::all_or_those_accepted(part.request, decided?)
    }
}
