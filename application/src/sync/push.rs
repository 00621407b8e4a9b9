//! Pushes: small ones that wait at the same time share a statement or a unit of work, and so a commit.
//!
//! Most are tried without locks (`attempt`): read, merge, and store in one statement, which stores
//! nothing if anything has changed meanwhile. The others lock what they write first (`unit`).

mod attempt;
mod base;
mod decision;
mod group;
mod news;
mod part;
mod plan;
mod refusal;
mod summary;
mod unit;

use std::sync::Arc;

use serde_json::Value;
use syncline_domain::{
    hlc::Hlc,
    identifier::{DocumentKey, UserId},
    snapshot::TransactionId,
};

pub(super) use group::MOST_TOGETHER;

use super::{
    SyncError, SyncService,
    pull::Opening,
    queue::Queue,
    request::{Rejection, SyncRequest},
};
use crate::{
    measures::{self, PushMeasures},
    ports::{Page, Patience, Position, StoreError},
};

/// How often a unit of work is run again when another one was in its way.
const MAX_ATTEMPTS: usize = 20;

/// Pushes that wait for a unit of work.
pub(super) type PushQueue = Queue<Arc<SyncRequest>, Result<Pushed, SyncError>>;

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
    /// The changes that the caller may not make; with `partial: true`.
    pub(super) rejected: Vec<Rejection>,
    /// The begin of the answer, if there is nothing to read.
    pub(super) opening: Option<(Opening, Page)>,
}

impl Pushed {
    fn measures(&self, request: &SyncRequest) -> PushMeasures {
        let pushed = request.changes.len();
        let unmerged = self.stored.len() + self.rejected.len() + self.purged.len();
        PushMeasures {
            pushed,
            merged: pushed.saturating_sub(unmerged),
            conflicts: self.conflicts.len(),
            rejected: self.rejected.len(),
        }
    }
}

/// A document that is stored as it was pushed.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) key: DocumentKey,
    pub(super) owner: Option<UserId>,
    pub(super) revision: Hlc,
    pub(super) transaction: TransactionId,
}

impl Stored {
    /// Where a pull meets it.
    pub(super) fn position(&self) -> Position {
        Position {
            transaction: self.transaction,
            key: self.key.clone(),
        }
    }
}

impl SyncService {
    /// Stores the changes of a request.
    pub(super) async fn push(&self, request: &Arc<SyncRequest>) -> Result<Pushed, SyncError> {
        if request.changes.is_empty() {
            return Ok(Pushed::default());
        }
        let pushed = if request.changes.len() > group::MOST_CHANGES {
            self.push_alone(request).await
        } else {
            let pushed = self.pushes.run(Arc::clone(request)).await;
            pushed.unwrap_or(Err(SyncError::Interrupted))
        }?;
        measures::pushed(&request.scope.application, &pushed.measures(request));
        Ok(pushed)
    }

    async fn push_alone(&self, request: &Arc<SyncRequest>) -> Result<Pushed, SyncError> {
        if !request.writes_for_others() {
            let attempted = self.attempt_together(std::slice::from_ref(request)).await;
            match attempted.map(|mut attempted| attempted.pop()) {
                Ok(Some(Ok(pushed))) => return Ok(pushed),
                Ok(_) => {}
                Err(StoreError::Contention) => measures::retried(),
                Err(error) => return Err(error.into()),
            }
        }
        for _ in 1..MAX_ATTEMPTS {
            match self.push_once(request, Patience::Long).await {
                Err(SyncError::Store(StoreError::Contention)) => measures::retried(),
                result => return result,
            }
        }
        self.push_once(request, Patience::Long).await
    }

    async fn push_once(
        &self,
        request: &Arc<SyncRequest>,
        patience: Patience,
    ) -> Result<Pushed, SyncError> {
        let requests = std::slice::from_ref(request);
        let mut pushed = self.push_together(requests, patience).await?;
        pushed.pop().unwrap_or(Err(SyncError::Interrupted))
    }
}
