//! Which pushes share a unit of work.

use std::{collections::HashSet, error::Error, panic::AssertUnwindSafe, sync::Arc};

use futures::{FutureExt, future::join_all};

use super::{Pushed, SyncError, attempt::WantsLocks};
use crate::{
    measures,
    ports::{Patience, Scope, StoreError},
    sync::{SyncService, queue::Entry, request::SyncRequest, worker::work},
};

/// The most changes of a push that shares. More would keep the others waiting for longer than sharing
/// saves.
pub(super) const MOST_CHANGES: usize = 50;

/// The most changes of all pushes that share, each of which has some: so many that what each of them adds
/// to the cost is small, and so few that the last of them is answered soon.
pub(in crate::sync) const MOST_TOGETHER: usize = 200;

/// How many pushes may wait for locks of others at once. Each holds a connection to the database.
const SLOW_WORKERS: usize = 4;

type PushEntry = Entry<Arc<SyncRequest>, Result<Pushed, SyncError>>;

impl SyncService {
    /// Does the pushes that wait, for ever. Several may do so at once.
    pub(in crate::sync) async fn work_on_pushes<Moment>(&self, moment: impl Fn() -> Moment)
    where
        Moment: Future<Output = ()>,
    {
        work(&self.pushes, moment, |entries| self.push_entries(entries)).await;
    }

    /// Does the pushes that would keep others waiting, for ever.
    pub(in crate::sync) async fn work_on_slow_pushes(&self) {
        let work = (0..SLOW_WORKERS).map(|_| async {
            loop {
                let _ = AssertUnwindSafe(self.push_slowly()).catch_unwind().await;
            }
        });
        join_all(work).await;
    }

    async fn push_slowly(&self) {
        let Some(entry) = self.slow_pushes.take_one().await else {
            return;
        };
        match self.push_once(&entry.job, Patience::Long).await {
            // Others have waited for longer. A caller who has gone is left out next time.
            Err(SyncError::Store(StoreError::Contention)) => {
                measures::retried();
                self.slow_pushes.put(entry);
            }
            outcome => entry.answer(outcome),
        }
    }

    async fn push_entries(&self, entries: Vec<PushEntry>) {
        for group in groups(entries) {
            let rest = self.attempt_group(group).await;
            if !rest.is_empty() {
                self.push_group(rest).await;
            }
        }
    }

    /// Those that can do without locks. Returns the others.
    async fn attempt_group(&self, group: Vec<PushEntry>) -> Vec<PushEntry> {
        let (possible, mut rest): (Vec<_>, Vec<_>) = group
            .into_iter()
            .partition(|entry| !entry.job.writes_for_others());
        if possible.is_empty() {
            return rest;
        }
        let requests: Vec<_> = possible
            .iter()
            .map(|entry| Arc::clone(&entry.job))
            .collect();
        match self.attempt_together(&requests).await {
            Ok(outcomes) => {
                for (entry, outcome) in possible.into_iter().zip(outcomes) {
                    match outcome {
                        Ok(pushed) => entry.answer(Ok(pushed)),
                        Err(WantsLocks) => rest.push(entry),
                    }
                }
            }
            Err(StoreError::Unavailable(cause)) => refuse(possible, &cause),
            Err(_) => rest.extend(possible),
        }
        rest
    }

    /// All in one unit of work. If that fails, each by itself, since one may make it fail for all.
    async fn push_group(&self, group: Vec<PushEntry>) {
        let requests: Vec<_> = group.iter().map(|entry| Arc::clone(&entry.job)).collect();
        if requests.len() > 1 {
            match self.push_together(&requests, Patience::Short).await {
                Ok(outcomes) => return answer(group, outcomes),
                Err(StoreError::Unavailable(cause)) => return refuse(group, &cause),
                Err(_) => {}
            }
        }
        join_all(group.into_iter().map(|entry| self.push_briefly(entry))).await;
    }

    /// What somebody else's lock would hold up leaves the way to those behind it.
    async fn push_briefly(&self, entry: PushEntry) {
        match self.push_once(&entry.job, Patience::Short).await {
            Err(SyncError::Store(StoreError::Contention)) => {
                measures::waited_aside();
                self.slow_pushes.put(entry);
            }
            outcome => entry.answer(outcome),
        }
    }
}

fn answer(group: Vec<PushEntry>, outcomes: Vec<Result<Pushed, SyncError>>) {
    for (entry, outcome) in group.into_iter().zip(outcomes) {
        entry.answer(outcome);
    }
}

/// Without a database, each by itself would only wait for it as long again.
fn refuse(group: Vec<PushEntry>, cause: &Arc<dyn Error + Send + Sync>) {
    for entry in group {
        let unavailable = StoreError::Unavailable(Arc::clone(cause));
        entry.answer(Err(unavailable.into()));
    }
}

/// Puts pushes together of which no two are about the same collection: what a transaction wrote
/// there is its device's own, and a cursor says so.
fn groups(entries: Vec<PushEntry>) -> Vec<Vec<PushEntry>> {
    let mut groups = Vec::new();
    let mut waiting = entries;
    while !waiting.is_empty() {
        let (mut scopes, mut changes): (HashSet<Arc<Scope>>, usize) = (HashSet::new(), 0);
        let mut fits = |entry: &PushEntry| {
            let sum = changes + entry.job.changes.len();
            let fits = sum <= MOST_TOGETHER && entry.job.scopes().all(|scope| scopes.insert(scope));
            changes = if fits { sum } else { changes };
            fits
        };
        let (group, rest) = waiting.into_iter().partition(|entry| fits(entry));
        groups.push(group);
        waiting = rest;
    }
    groups
}
