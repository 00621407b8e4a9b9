//! The unit of work of a push: lock the documents, look back as far as needed, merge, write.

mod base;
mod decision;

use std::sync::Arc;

use serde_json::Value;
use syncline_domain::{hlc::Hlc, identifier::DocumentKey, snapshot::TransactionId};

use super::{SyncError, SyncService, request::SyncRequest};
use crate::ports::{
    DocumentId, DocumentWrite, History, HistoryQuery, Locked, StoreError, SyncTransaction,
};
use base::Base;
use decision::Decision;

/// How often a unit of work is run again when another one was in its way.
const MAX_ATTEMPTS: usize = 20;

/// What a push did.
#[derive(Debug, Default)]
pub(super) struct Pushed {
    /// The transaction that wrote, if anything was written.
    pub(super) transaction: Option<TransactionId>,
    /// The documents that are stored as they were pushed.
    pub(super) stored: Vec<Stored>,
    /// Whether something else was written than what was pushed.
    pub(super) is_merged: bool,
    /// The documents that were deleted so long ago that even their tombstones are gone.
    pub(super) purged: Vec<DocumentKey>,
    /// The conflicts that the changes met.
    pub(super) conflicts: Vec<Value>,
}

/// A document that is stored as it was pushed.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) key: DocumentKey,
    pub(super) revision: Hlc,
    pub(super) transaction: TransactionId,
}

impl SyncService {
    /// Stores the changes of a request.
    pub(super) async fn push(&self, request: &SyncRequest) -> Result<Pushed, SyncError> {
        if request.changes.is_empty() {
            return Ok(Pushed::default());
        }
        for _ in 1..MAX_ATTEMPTS {
            match self.push_once(request).await {
                Err(SyncError::Store(StoreError::Contention)) => {}
                result => return result,
            }
        }
        self.push_once(request).await
    }

    async fn push_once(&self, request: &SyncRequest) -> Result<Pushed, SyncError> {
        let mut transaction = self.store.begin().await?;
        let documents = document_ids(request);
        let locked = transaction.lock(&documents).await?;
        let bases: Vec<_> = request
            .changes
            .iter()
            .map(|change| Base::read(&self.cursors, request, change, &locked.state))
            .collect();
        let histories = look_back(transaction.as_mut(), request, &bases, &locked).await?;
        let mut decisions = Vec::with_capacity(documents.len());
        let changes = request.changes.iter().zip(&bases);
        for ((change, base), (current, history)) in
            changes.zip(locked.current.iter().zip(&histories))
        {
            let horizon = locked.state.horizon;
            decisions.push(self.decide(
                request,
                change,
                base,
                current.as_ref(),
                history,
                horizon,
            )?);
        }
        let writes = writes(&decisions);
        let written = if writes.is_empty() {
            None
        } else {
            Some(transaction.write(&writes).await?)
        };
        transaction.commit().await?;
        Ok(summary(request, decisions, &locked, written))
    }
}

fn document_ids(request: &SyncRequest) -> Vec<DocumentId> {
    let id = |key: &DocumentKey| DocumentId {
        scope: Arc::clone(&request.scope),
        key: key.clone(),
    };
    request
        .changes
        .iter()
        .map(|change| id(&change.key))
        .collect()
}

/// Reads the past of those documents whose current version does not tell enough. Each change has
/// its history in the result, most of them an empty one.
async fn look_back(
    transaction: &mut dyn SyncTransaction,
    request: &SyncRequest,
    bases: &[Base],
    locked: &Locked,
) -> Result<Vec<History>, StoreError> {
    let mut queries: Vec<HistoryQuery> = Vec::new();
    for (document, change) in request.changes.iter().enumerate() {
        let (base, current) = (bases.get(document), locked.current.get(document));
        if let (Some(base), Some(Some(current))) = (base, current) {
            queries.extend(base.history_query(document, change, current));
        }
    }
    let mut histories = vec![History::default(); request.changes.len()];
    if queries.is_empty() {
        return Ok(histories);
    }
    let found = transaction.history(&queries).await?;
    for (query, history) in queries.iter().zip(found) {
        if let Some(slot) = histories.get_mut(query.document) {
            *slot = history;
        }
    }
    Ok(histories)
}

fn writes(decisions: &[Decision]) -> Vec<DocumentWrite> {
    let write = |(document, decision): (usize, &Decision)| {
        let is_idle = decision.version.is_none() && decision.pushes.is_empty();
        (!is_idle).then(|| DocumentWrite {
            document,
            version: decision.version.clone(),
            pushes: decision.pushes.clone(),
        })
    };
    decisions.iter().enumerate().filter_map(write).collect()
}

fn summary(
    request: &SyncRequest,
    decisions: Vec<Decision>,
    locked: &Locked,
    written: Option<TransactionId>,
) -> Pushed {
    let mut pushed = Pushed {
        transaction: written,
        ..Pushed::default()
    };
    for ((change, decision), current) in request.changes.iter().zip(decisions).zip(&locked.current)
    {
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
