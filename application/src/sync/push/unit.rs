//! The unit of work of pushes: lock the documents, look back as far as needed, merge, write.

use std::{ops::Range, sync::Arc};

use syncline_domain::access::{Access, Namespace};

use super::{
    Pushed,
    base::{Base, PresentedClocks},
    decision::Decision,
    summary::summarise,
};
use crate::{
    accounts::AccountDeleted,
    ports::{
        DocumentWrite, History, HistoryQuery, LockRequest, Locked, Patience, StoreError,
        SyncTransaction,
    },
    sync::{
        SyncError, SyncService,
        request::{PushedChange, Rejection, SyncRequest},
    },
};

/// A request, and where its documents are among those of all requests.
struct Part<'a> {
    request: &'a SyncRequest,
    documents: Range<usize>,
    /// Whether the caller may write in the namespace that the request is about.
    is_member: bool,
}

impl SyncService {
    /// Stores the changes of requests that are about different collections: all of them or, on an
    /// error of the store, none. A request that is refused leaves the others alone.
    pub(super) async fn push_together(
        &self,
        requests: &[Arc<SyncRequest>],
        patience: Patience,
    ) -> Result<Vec<Result<Pushed, SyncError>>, StoreError> {
        let mut transaction = self.store.begin(patience).await?;
        let wanted: Vec<_> = requests.iter().map(|request| wanted(request)).collect();
        let locked = transaction.lock(&wanted.concat()).await?;
        let parts = parts(requests, &wanted, &locked);
        let bases: Vec<_> = parts.iter().map(|part| self.bases(part, &locked)).collect();
        let histories = look_back(transaction.as_mut(), &parts, &bases, &locked).await?;
        let decided: Vec<_> = parts
            .iter()
            .zip(&bases)
            .map(|(part, bases)| self.decide_all(part, bases, &locked, &histories))
            .collect();
        let writes = writes(&parts, &decided);
        let written = if writes.is_empty() {
            None
        } else {
            Some(transaction.write(&writes).await?)
        };
        let outcomes = parts.iter().zip(decided).map(|(part, decisions)| {
            let current = locked.current.get(part.documents.clone());
            let current = current.unwrap_or_default();
            Ok(summarise(part.request, decisions?, current, written))
        });
        let mut outcomes: Vec<_> = outcomes.collect();
        self.look_for_news(transaction.as_mut(), &parts, &mut outcomes)
            .await?;
        transaction.commit().await?;
        Ok(outcomes)
    }

    /// Begins the answers of those who have seen everything: they need no statement of their own.
    async fn look_for_news(
        &self,
        transaction: &mut dyn SyncTransaction,
        parts: &[Part<'_>],
        outcomes: &mut [Result<Pushed, SyncError>],
    ) -> Result<(), StoreError> {
        let pushed = parts.iter().zip(outcomes);
        let pushed =
            pushed.filter_map(|(part, outcome)| Some((part.request, outcome.as_mut().ok()?)));
        let openings = pushed.map(|(request, pushed)| (self.opening(request, pushed), pushed));
        let (openings, pushed): (Vec<_>, Vec<_>) = openings
            .filter(|(opening, _)| opening.may_be_empty())
            .unzip();
        if openings.is_empty() {
            return Ok(());
        }
        let queries: Vec<_> = openings
            .iter()
            .map(|opening| opening.query.clone())
            .collect();
        let pages = transaction.look(&queries).await?;
        for ((pushed, opening), page) in pushed.into_iter().zip(openings).zip(pages) {
            let page = page.filter(|page| page.is_member);
            pushed.opening = page.map(|page| (opening, page));
        }
        Ok(())
    }

    /// What the device had seen of each document.
    fn bases(&self, part: &Part<'_>, locked: &Locked) -> Vec<Base> {
        let mut presented = PresentedClocks::new(&self.cursors, part.request);
        let changes = part.request.changes.iter().zip(part.documents.clone());
        changes
            .map(|(change, document)| {
                let route = locked.routes.get(document).and_then(Option::as_ref);
                Base::read(&mut presented, change, route, &locked.state)
            })
            .collect()
    }

    /// What becomes of each change.
    fn decide_all(
        &self,
        part: &Part<'_>,
        bases: &[Base],
        locked: &Locked,
        histories: &[History],
    ) -> Result<Vec<Decision>, SyncError> {
        if !part.is_member {
            return Err(no_member(part.request));
        }
        let none = History::default();
        let changes = part.request.changes.iter().zip(bases);
        let decide = |((change, base), document)| {
            if let Some(rejection) = refusal(change, document, locked) {
                return Ok(Decision::rejected(rejection));
            }
            let current = locked.current.get(document).and_then(Option::as_ref);
            let history = histories.get(document).unwrap_or(&none);
            let horizon = locked.state.horizon;
            self.decide(part.request, change, base, current, history, horizon)
        };
        let decided: Result<Vec<_>, SyncError> =
            changes.zip(part.documents.clone()).map(decide).collect();
        all_or_those_accepted(part.request, decided?)
    }
}

/// Refuses the whole request for one change that is, unless its others are to be stored.
fn all_or_those_accepted(
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
fn refusal(change: &PushedChange, document: usize, locked: &Locked) -> Option<Rejection> {
    change.owner.as_ref()?;
    let route = locked.routes.get(document).and_then(Option::as_ref);
    match route.map(|route| route.access) {
        Some(Access::Write) => None,
        access => Some(Rejection::of_access(change, access)),
    }
}

/// The documents of a request, the caller's own first: that is the order of its changes.
fn wanted(request: &SyncRequest) -> Vec<LockRequest> {
    let by_owner = request
        .changes
        .chunk_by(|one, other| one.owner == other.owner);
    by_owner
        .map(|changes| LockRequest {
            session_began_at: request.session_began_at,
            scope: request.scope_of(changes.first()),
            writer: request.reader.clone(),
            keys: changes.iter().map(|change| change.key.clone()).collect(),
        })
        .collect()
}

/// Whoever may not write in a namespace of its own has none any longer.
fn no_member(request: &SyncRequest) -> SyncError {
    match request.scope.namespace {
        Namespace::Personal(_) => AccountDeleted.into(),
        Namespace::Organisation(_) => SyncError::NotMember,
    }
}

fn parts<'a>(
    requests: &'a [Arc<SyncRequest>],
    wanted: &[Vec<LockRequest>],
    locked: &Locked,
) -> Vec<Part<'a>> {
    let mut end = 0;
    let mut is_member = locked.is_member.iter();
    let part = |(request, wanted): (&'a Arc<SyncRequest>, &Vec<LockRequest>)| {
        let begin = end;
        end += request.changes.len();
        Part {
            request,
            documents: begin..end,
            is_member: is_member
                .by_ref()
                .take(wanted.len())
                .all(|is_member| *is_member),
        }
    };
    requests.iter().zip(wanted).map(part).collect()
}

/// Reads the past of those documents whose current version does not tell enough. Each document has
/// its history in the result, most of them an empty one; there is none at all if nobody needs one.
async fn look_back(
    transaction: &mut dyn SyncTransaction,
    parts: &[Part<'_>],
    bases: &[Vec<Base>],
    locked: &Locked,
) -> Result<Vec<History>, StoreError> {
    let mut queries: Vec<HistoryQuery> = Vec::new();
    for (part, bases) in parts.iter().zip(bases) {
        let changes = part.request.changes.iter().zip(bases);
        for ((change, base), document) in changes.zip(part.documents.clone()) {
            if let Some(Some(current)) = locked.current.get(document) {
                queries.extend(base.history_query(document, change, current));
            }
        }
    }
    if queries.is_empty() {
        return Ok(Vec::new());
    }
    let found = transaction.history(&queries).await?;
    let mut histories = vec![History::default(); locked.current.len()];
    for (query, history) in queries.iter().zip(found) {
        if let Some(slot) = histories.get_mut(query.document) {
            *slot = history;
        }
    }
    Ok(histories)
}

fn writes(parts: &[Part<'_>], decided: &[Result<Vec<Decision>, SyncError>]) -> Vec<DocumentWrite> {
    let write = |(document, decision): (usize, &Decision)| {
        (!decision.is_idle()).then(|| DocumentWrite {
            document,
            version: decision.version.clone(),
            pushes: decision.pushes.clone(),
        })
    };
    let decisions = parts.iter().zip(decided).flat_map(|(part, decisions)| {
        let decisions = decisions.as_deref().unwrap_or_default();
        part.documents.clone().zip(decisions)
    });
    decisions.filter_map(write).collect()
}
