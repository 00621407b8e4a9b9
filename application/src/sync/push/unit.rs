//! The unit of work of pushes: lock the documents, look back as far as needed, merge, write.

use std::{ops::Range, sync::Arc};

use syncline_domain::snapshot::TransactionId;

use super::{
    Pushed, Stored,
    base::Base,
    decision::{self, Decision},
};
use crate::{
    ports::{
        DocumentWrite, History, HistoryQuery, LockRequest, Locked, StoreError, StoredVersion,
        SyncTransaction,
    },
    sync::{SyncError, SyncService, request::SyncRequest},
};

/// A request, and what was found of its documents.
struct Part<'a> {
    request: &'a SyncRequest,
    /// Where its documents are among those of all requests.
    documents: Range<usize>,
    is_member: bool,
    bases: Vec<Base>,
}

type Decisions = Result<Vec<Decision>, SyncError>;

impl SyncService {
    /// Stores the changes of requests that are about different collections: all of them or, on an
    /// error of the store, none. A request that is refused leaves the others alone.
    pub(super) async fn push_together(
        &self,
        requests: &[Arc<SyncRequest>],
    ) -> Result<Vec<Result<Pushed, SyncError>>, StoreError> {
        let mut transaction = self.store.begin().await?;
        let wanted: Vec<_> = requests.iter().map(|request| wanted(request)).collect();
        let locked = transaction.lock(&wanted).await?;
        let parts = self.parts(requests, &locked);
        let histories = look_back(transaction.as_mut(), &parts, &locked).await?;
        let decided: Vec<Decisions> = parts
            .iter()
            .map(|part| self.decide_all(part, &locked, &histories))
            .collect();
        let writes = writes(&parts, &decided);
        let written = if writes.is_empty() {
            None
        } else {
            Some(transaction.write(&writes).await?)
        };
        transaction.commit().await?;
        let outcomes = parts.iter().zip(decided).map(|(part, decisions)| {
            let current = locked.current.get(part.documents.clone());
            Ok(summary(
                part.request,
                decisions?,
                current.unwrap_or_default(),
                written,
            ))
        });
        Ok(outcomes.collect())
    }

    fn parts<'a>(&self, requests: &'a [Arc<SyncRequest>], locked: &Locked) -> Vec<Part<'a>> {
        let mut end = 0;
        let part = |(request, is_member): (&'a Arc<SyncRequest>, &bool)| {
            let begin = end;
            end += request.changes.len();
            let base = |change| Base::read(&self.cursors, request, change, &locked.state);
            Part {
                request,
                documents: begin..end,
                is_member: *is_member,
                bases: request.changes.iter().map(base).collect(),
            }
        };
        requests.iter().zip(&locked.is_member).map(part).collect()
    }

    fn decide_all(&self, part: &Part, locked: &Locked, histories: &[History]) -> Decisions {
        if !part.is_member {
            return Err(SyncError::NotMember);
        }
        let changes = part.request.changes.iter().zip(&part.bases);
        changes
            .zip(part.documents.clone())
            .map(|((change, base), document)| {
                let current = locked.current.get(document).and_then(Option::as_ref);
                let none = History::default();
                let history = histories.get(document).unwrap_or(&none);
                let horizon = locked.state.horizon;
                self.decide(part.request, change, base, current, history, horizon)
            })
            .collect()
    }
}

fn wanted(request: &SyncRequest) -> LockRequest {
    let keys = request.changes.iter().map(|change| change.key.clone());
    LockRequest {
        scope: Arc::clone(&request.scope),
        writer: request.reader.clone(),
        keys: keys.collect(),
    }
}

/// Reads the past of those documents whose current version does not tell enough. Each document has
/// its history in the result, most of them an empty one; there is none at all if nobody needs one.
async fn look_back(
    transaction: &mut dyn SyncTransaction,
    parts: &[Part<'_>],
    locked: &Locked,
) -> Result<Vec<History>, StoreError> {
    let mut queries: Vec<HistoryQuery> = Vec::new();
    for part in parts {
        let changes = part.request.changes.iter().zip(&part.bases);
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

fn writes(parts: &[Part<'_>], decided: &[Decisions]) -> Vec<DocumentWrite> {
    let write = |(document, decision): (usize, &Decision)| {
        let is_idle = decision.version.is_none() && decision.pushes.is_empty();
        (!is_idle).then(|| DocumentWrite {
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

fn summary(
    request: &SyncRequest,
    decisions: Vec<Decision>,
    current: &[Option<StoredVersion>],
    written: Option<TransactionId>,
) -> Pushed {
    let is_idle = |decision: &Decision| decision.version.is_none() && decision.pushes.is_empty();
    let mut pushed = Pushed {
        transaction: written.filter(|_| !decisions.iter().all(is_idle)),
        ..Pushed::default()
    };
    for ((change, decision), current) in request.changes.iter().zip(decisions).zip(current) {
        if decision.is_purged {
            pushed.purged.push(change.key.clone());
        }
        let stored = match (&decision.version, current) {
            (Some(version), _) => written.map(|transaction| (version, transaction)),
            (None, Some(current)) => Some((&current.version, current.transaction)),
            (None, None) => None,
        };
        let as_pushed = stored.filter(|(version, _)| decision::is_as_pushed(version, &change.edit));
        pushed.is_merged |= decision.version.is_some() && as_pushed.is_none();
        pushed
            .stored
            .extend(as_pushed.map(|(version, transaction)| Stored {
                key: change.key.clone(),
                revision: version.revision.clone(),
                transaction,
            }));
        pushed
            .conflicts
            .extend(decision.pushes.into_iter().filter_map(|push| push.report));
    }
    pushed
}
