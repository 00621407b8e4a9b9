//! What a caller has not seen: where its pull begins, the pages, and the clock that ends the answer.

mod changes;
mod opening;
mod pages;
mod shared;

use std::sync::Arc;

use serde_json::Value;
use syncline_domain::{
    hlc::{Hlc, UnixMillis},
    identifier::DocumentKey,
};

use opening::{Start, first_query, known_push};
use pages::PAGE_DOCUMENTS;

pub use changes::Changes;
pub(super) use opening::Opening;
pub(super) use pages::{PageQueue, SHARED_PAGES};

use super::{
    Accepted, SyncAnswer, SyncError, SyncService,
    push::{Pushed, Stored},
    request::SyncRequest,
};
use crate::{
    measures,
    ports::{Freshness, Page, StoreError},
};

impl SyncService {
    /// Reads the first page of what the caller has not seen.
    pub(super) async fn pull(
        self: Arc<Self>,
        request: &SyncRequest,
        mut pushed: Pushed,
    ) -> Result<SyncAnswer, SyncError> {
        let (opening, mut page) = if let Some(begun) = pushed.opening.take() {
            begun
        } else {
            let opening = Opening::of(request, &pushed);
            // Who has pushed is here because there is something to read.
            let has_news = !request.changes.is_empty();
            let page = self.first_page(&opening.query, has_news).await?;
            (opening, page)
        };
        let Opening {
            mut start,
            mut reset,
            mut query,
        } = opening;
        if start.is_from_the_future(&page) {
            self.store.renew_incarnation(page.state.incarnation).await?;
            page = self.first_page(&query, true).await?;
        }
        let mut heal_from = None;
        if !start.is_usable(&page) {
            heal_from = self.heal_from(&start, &page).await?;
            start = Start::at_nothing();
            reset = true;
            measures::reset(&request.scope.application);
            query = first_query(request, &pushed, &start, Freshness::Now);
            page = self.first_page(&query, true).await?;
        }
        let repeated = std::mem::take(&mut page.reports)
            .into_iter()
            .map(mark_repeated);
        let own = known_push(request, &pushed).or(start.seen.own);
        let conflicts = pushed.conflicts.into_iter().chain(repeated).collect();
        let tells_all = request.knows_tombstones;
        let mut chunk = std::mem::take(&mut page.documents);
        if tells_all {
            self.append_purged(&mut chunk, &pushed.purged)?;
        }
        let rejected = request.rejected.clone().map(|mut rejected| {
            rejected.extend(pushed.rejected);
            rejected
        });
        // After a reset, what was just pushed comes as well: it may be gone by now, with its owner's account.
        let known = if reset { &[] } else { &*pushed.stored };
        let shared = shared::query(request, known, &page, &start);
        let mut changes = Changes::begin(self, request, query, &page, chunk, &start, own);
        changes.share(shared);
        Ok(SyncAnswer {
            conflicts,
            accepted: (!request.echo).then(|| accepted(pushed.stored)),
            rejected,
            reset: reset && tells_all,
            heal_from: heal_from.filter(|_| tells_all),
            changes,
        })
    }

    async fn heal_from(&self, start: &Start, page: &Page) -> Result<Option<Hlc>, StoreError> {
        match start.incarnation.zip(start.oldest) {
            Some((incarnation, oldest)) if incarnation != page.state.incarnation => {
                let issued = self.store.heal_from(incarnation, oldest).await?;
                Ok(issued.map(|clock| less_skew(&clock, self.limits.clock_skew_millis)))
            }
            _ => Ok(None),
        }
    }

    /// Tells that documents are deleted whose tombstones are gone.
    fn append_purged(&self, chunk: &mut String, keys: &[DocumentKey]) -> Result<(), SyncError> {
        for key in keys {
            let revision = self.clock.stamp(&Hlc::zero())?;
            let tombstone = serde_json::json!({
                "_key": key, "_rev": revision, "_fieldRevs": {}, "_deleted": true,
            });
            append(chunk, &tombstone.to_string());
        }
        Ok(())
    }
}

fn accepted(stored: Vec<Stored>) -> Vec<Accepted> {
    stored
        .into_iter()
        .map(|stored| Accepted {
            key: stored.key,
            owner: stored.owner,
            rev: stored.revision,
        })
        .collect()
}

fn mark_repeated(mut report: Value) -> Value {
    if let Some(report) = report.as_object_mut() {
        report.insert("reason".to_owned(), Value::from("repeated"));
    }
    report
}

fn append(chunk: &mut String, document: &str) {
    if !chunk.is_empty() {
        chunk.push(',');
    }
    chunk.push_str(document);
}

/// What a client may have stamped at the time of `clock`, at the earliest.
fn less_skew(clock: &Hlc, skew: u64) -> Hlc {
    let millis = UnixMillis(clock.millis().0.saturating_sub(skew));
    Hlc::new(millis, clock.node().clone()).unwrap_or_else(|_| Hlc::zero())
}
