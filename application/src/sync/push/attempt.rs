//! Pushes without locks: read, merge, and store in one statement if nothing has changed meanwhile.

use std::sync::Arc;

use super::{Pushed, decision::Decision, part::Part, plan::Plan, unit::wanted};
use crate::{
    ports::{Before, StoreError},
    sync::{SyncService, request::SyncRequest},
};

/// Why a push is not stored yet.
#[derive(Debug)]
pub(super) struct WantsLocks;

impl SyncService {
    /// Stores the changes of requests that are about different collections, none of them to documents of
    /// others, the routes to which would have to be held, except those that want locks. On an error of
    /// the store, nothing is stored.
    pub(super) async fn attempt_together(
        &self,
        requests: &[Arc<SyncRequest>],
    ) -> Result<Vec<Result<Pushed, WantsLocks>>, StoreError> {
        let wanted: Vec<_> = requests.iter().map(|request| wanted(request)).collect();
        let (attempt, before) = self
            .store
            .attempt(&wanted.concat(), self.limits.read_bytes)
            .await?;
        let parts = Part::of(requests, &wanted, &before);
        let decide = |part: &Part<'_>| self.decide_without_locks(part, &before);
        let decided = parts.iter().map(decide).collect();
        let plan = Plan::new(parts, decided);
        let (writes, news) = (plan.writes(), plan.news());
        let written = if writes.is_empty() {
            None
        } else {
            Some(attempt.write(&writes, &news.queries).await?)
        };
        Ok(plan.outcomes(&before, news, written))
    }

    /// What becomes of each change, if that can be known without locks: nobody is refused anything, no
    /// past has to be looked back to, and whatever is stored is a new version, whose number tells
    /// whether its document has changed meanwhile.
    fn decide_without_locks(
        &self,
        part: &Part<'_>,
        before: &Before,
    ) -> Result<Vec<Decision>, WantsLocks> {
        let bases = self.bases(part, before);
        if !part.is_member || !part.history_queries(&bases, before).is_empty() {
            return Err(WantsLocks);
        }
        let decisions = self.decide_all(part, &bases, before, &[]);
        let decisions = decisions.map_err(|_| WantsLocks)?;
        let is_told_by_version = |it: &Decision| it.version.is_some() || it.pushes.is_empty();
        let is_told = decisions.iter().all(is_told_by_version);
        is_told.then_some(decisions).ok_or(WantsLocks)
    }
}
