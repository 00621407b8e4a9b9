//! The unit of work of pushes: lock the documents, look back as far as needed, merge, write.

use std::sync::Arc;

use super::{Pushed, base::Base, part::Part, plan::Plan};
use crate::{
    ports::{Before, History, HistoryQuery, LockRequest, Patience, StoreError, SyncTransaction},
    sync::{SyncError, SyncService, request::SyncRequest},
};

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
        let before = transaction
            .lock(&wanted.concat(), self.limits.read_bytes)
            .await?;
        let parts = Part::of(requests, &wanted, &before);
        let bases: Vec<_> = parts.iter().map(|part| self.bases(part, &before)).collect();
        let histories = self
            .look_back(transaction.as_mut(), &parts, &bases, &before)
            .await?;
        let decide = |(part, bases): (&Part<'_>, &Vec<Base>)| {
            self.decide_all(part, bases, &before, &histories)
        };
        let decided: Vec<_> = parts.iter().zip(&bases).map(decide).collect();
        let plan = Plan::new(parts, decided);
        let (writes, news) = (plan.writes(), plan.news());
        let written = if writes.is_empty() {
            None
        } else {
            Some(transaction.write(&writes, &news.queries).await?)
        };
        transaction.commit().await?;
        Ok(plan.outcomes(&before, news, written))
    }

    /// Reads the past of those documents whose current version does not tell enough. Each document has
    /// its history in the result, most of them an empty one; there is none at all if nobody needs one.
    async fn look_back(
        &self,
        transaction: &mut dyn SyncTransaction,
        parts: &[Part<'_>],
        bases: &[Vec<Base>],
        before: &Before,
    ) -> Result<Vec<History>, StoreError> {
        let queries = parts.iter().zip(bases);
        let queries = queries.flat_map(|(part, bases)| part.history_queries(bases, before));
        let queries: Vec<HistoryQuery> = queries.collect();
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let found = transaction
            .history(&queries, self.limits.read_bytes)
            .await?;
        let mut histories = vec![History::default(); before.current.len()];
        for (query, history) in queries.iter().zip(found) {
            if let Some(slot) = histories.get_mut(query.document) {
                *slot = history;
            }
        }
        Ok(histories)
    }
}

/// The documents of a request, the caller's own first: that is the order of its changes.
pub(super) fn wanted(request: &SyncRequest) -> Vec<LockRequest> {
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
