//! Which pushes share a unit of work.

use std::{collections::HashSet, panic::AssertUnwindSafe, sync::Arc};

use futures::{FutureExt, future::join_all};

use super::{Pushed, SyncError};
use crate::{
    ports::Scope,
    sync::{SyncService, queue::Entry, request::SyncRequest},
};

/// The most changes of a push that shares, and of all that share together. More would keep the
/// others waiting for longer than sharing saves.
pub(super) const MOST_CHANGES: usize = 50;

type PushEntry = Entry<Arc<SyncRequest>, Result<Pushed, SyncError>>;

impl SyncService {
    /// Does the pushes that wait, for ever. Several may do so at once.
    pub(in crate::sync) async fn work_on_pushes(&self) {
        loop {
            let entries = self.pushes.take().await;
            // Who waits for a push that panicked is told that it was interrupted.
            let _ = AssertUnwindSafe(self.push_entries(entries))
                .catch_unwind()
                .await;
        }
    }

    async fn push_entries(&self, entries: Vec<PushEntry>) {
        for group in groups(entries) {
            let requests: Vec<_> = group.iter().map(|entry| Arc::clone(&entry.job)).collect();
            let shared = match requests.as_slice() {
                [_] => None,
                requests => self.push_together(requests).await.ok(),
            };
            let Some(outcomes) = shared else {
                self.push_each(group).await;
                continue;
            };
            for (entry, outcome) in group.into_iter().zip(outcomes) {
                entry.answer(outcome);
            }
        }
    }

    /// Each by itself: a push that makes a whole group fail has no company when it is tried again.
    async fn push_each(&self, group: Vec<PushEntry>) {
        let alone = |entry: PushEntry| async move {
            let outcome = self.push_alone(&entry.job).await;
            entry.answer(outcome);
        };
        join_all(group.into_iter().map(alone)).await;
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
            let fits = sum <= MOST_CHANGES && entry.job.scopes().all(|scope| scopes.insert(scope));
            changes = if fits { sum } else { changes };
            fits
        };
        let (group, rest) = waiting.into_iter().partition(|entry| fits(entry));
        groups.push(group);
        waiting = rest;
    }
    groups
}
