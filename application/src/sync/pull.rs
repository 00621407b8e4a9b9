//! The pages of an answer, and the clock that ends it.

mod pages;
mod shared;

use std::sync::Arc;

use serde_json::Value;
use syncline_domain::{
    hlc::{Hlc, Node, UnixMillis},
    identifier::UserId,
    snapshot::{Snapshot, TransactionId},
};

use pages::PAGE_DOCUMENTS;

pub(super) use pages::PageQueue;

use super::{
    Accepted, Closing, SyncAnswer, SyncError, SyncService,
    push::{Pushed, Stored},
    request::SyncRequest,
};
use crate::{
    cursor::{Cursor, Presented},
    measures,
    ports::{
        DatabaseState, Freshness, Incarnation, Page, PageQuery, ReportsFor, Seen, SharedPageQuery,
        SharedPosition, StoreError,
    },
};

/// The documents of an answer, page by page: the caller's own, then those of others.
pub struct Changes {
    service: Arc<SyncService>,
    reader: UserId,
    query: PageQuery,
    /// The documents of others that are still to be read, if any.
    shared: Option<SharedPageQuery>,
    /// What the caller had seen when the pull began.
    seen_begin: Snapshot,
    /// The page that was read last and not yet taken.
    chunk: Option<String>,
    /// When the caller had seen that; none if it had seen nothing.
    seen_at: Option<UnixMillis>,
    /// The database at the first page, whose clock the final cursor has.
    incarnation: Incarnation,
    time: UnixMillis,
    /// When the last page was read, if there are several.
    pages_read_at: Option<UnixMillis>,
    /// What the caller will have seen in the end.
    end: Snapshot,
    /// A push of the caller of which it knows all that was written.
    own: Option<TransactionId>,
    greatest_revision: Hlc,
    /// Whether there are more of the caller's own documents.
    has_more: bool,
    /// How many documents the caller still takes; none if all.
    remaining: Option<u32>,
}

/// What a pull begins with.
#[derive(Debug)]
pub(super) struct Opening {
    start: Start,
    /// Whether the caller's clock tells nothing here, so that everything is sent anew.
    reset: bool,
    /// The first page.
    pub(super) query: PageQuery,
}

impl Opening {
    /// What a pull after this push begins with.
    pub(super) fn of(request: &SyncRequest, pushed: &Pushed) -> Self {
        let reset = request.presented == Presented::Foreign;
        let start = match request.presented.clone() {
            Presented::Nothing | Presented::Foreign => Start::at_nothing(),
            Presented::Clock(clock) => Start {
                later_than: Some(clock),
                ..Start::at_nothing()
            },
            Presented::Cursor(cursor) => Start {
                seen: cursor.seen,
                shared: cursor.shared,
                later_than: None,
                time: Some(cursor.time),
                incarnation: Some(cursor.incarnation),
            },
        };
        // Who has pushed sees that, and whose cursor cannot be read may have seen anything.
        let freshness = if reset || !request.changes.is_empty() {
            Freshness::Now
        } else {
            Freshness::Seen(start.incarnation)
        };
        Self {
            reset,
            query: first_query(request, pushed, &start, freshness),
            start,
        }
    }

    /// Whether it is worth to look if there is anything. Who was sent nothing yet has all to come,
    /// and who does not know all that it pushed is sent that.
    pub(super) fn may_be_empty(&self) -> bool {
        let query = &self.query;
        let is_known = query.own.is_none() || query.own_is_known;
        is_known && !query.seen.begin.is_nothing() && query.seen.paging.is_none()
    }
}

/// Where a pull begins, and what its caller has to be told of that.
#[derive(Debug)]
struct Start {
    seen: Seen,
    /// How far a pull is that is through with the caller's own documents.
    shared: Option<(Snapshot, SharedPosition)>,
    later_than: Option<Hlc>,
    time: Option<UnixMillis>,
    incarnation: Option<Incarnation>,
}

impl Start {
    fn at_nothing() -> Self {
        let seen = Seen {
            begin: Snapshot::nothing(),
            own: None,
            paging: None,
        };
        Self {
            seen,
            shared: None,
            later_than: None,
            time: None,
            incarnation: None,
        }
    }

    /// The snapshot at which the pull will end, if it is under way.
    fn end(&self) -> Option<&Snapshot> {
        let paging = self.seen.paging.as_ref().map(|(end, _)| end);
        paging.or(self.shared.as_ref().map(|(end, _)| end))
    }
}

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
        if is_from_the_future(&start, &page) {
            self.store.renew_incarnation(page.state.incarnation).await?;
            page = self.first_page(&query, true).await?;
        }
        let mut heal_from = None;
        if !is_usable(&start, &page) {
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
        let shared = shared::query(request, &pushed.stored, &page, &start);
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
        match start.incarnation {
            Some(incarnation) if incarnation != page.state.incarnation => {
                let issued = self.store.heal_from(incarnation).await?;
                Ok(issued.map(|clock| less_skew(&clock, self.limits.clock_skew_millis)))
            }
            _ => Ok(None),
        }
    }

    /// Tells that documents are deleted whose tombstones are gone.
    fn append_purged(
        &self,
        chunk: &mut String,
        keys: &[syncline_domain::identifier::DocumentKey],
    ) -> Result<(), SyncError> {
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

impl Changes {
    fn begin(
        service: Arc<SyncService>,
        request: &SyncRequest,
        mut query: PageQuery,
        page: &Page,
        chunk: String,
        start: &Start,
        own: Option<TransactionId>,
    ) -> Self {
        let resets = page.resets.iter().copied().max();
        let newest = page.newest.max(page.newest_route).max(resets);
        // One past the last transaction that is known to be durable: after a crash, PostgreSQL
        // gives the ids behind it to others.
        let durable = newest
            .map_or(0, |newest| newest + 1)
            .max(query.seen.begin.end());
        let end = match &query.seen.paging {
            Some((end, _)) => end.clone(),
            None => page.snapshot.clone().before(durable),
        };
        if let Freshness::Seen(incarnation) = &mut query.freshness {
            *incarnation = Some(page.state.incarnation);
        }
        let mut changes = Self {
            service,
            reader: request.reader.clone(),
            shared: None,
            seen_begin: start.seen.begin.clone(),
            seen_at: start.time,
            chunk: Some(chunk),
            incarnation: page.state.incarnation,
            time: start
                .time
                .filter(|_| query.seen.paging.is_some())
                .unwrap_or(page.state.now),
            end,
            own,
            pages_read_at: None,
            greatest_revision: Hlc::zero(),
            has_more: false,
            remaining: request.limit,
            query,
        };
        changes.move_behind(page);
        changes
    }

    /// The next documents, as JSON objects with commas between them; none after the last.
    ///
    /// # Errors
    /// [`SyncError`]; the answer cannot be finished then.
    pub async fn next(&mut self) -> Result<Option<String>, SyncError> {
        if let Some(chunk) = self.chunk.take() {
            return Ok(Some(chunk));
        }
        if self.is_last() {
            return Ok(None);
        }
        if !self.has_more {
            return self.next_shared().await;
        }
        let page = self.service.page(&self.query).await?;
        if !self.may_go_on(&page.state) {
            return Err(SyncError::Store(StoreError::Contention));
        }
        self.move_behind(&page);
        Ok(Some(page.documents))
    }

    /// Whether the database is the one that the answer began with, and has purged nothing since that the
    /// caller has not seen: a tombstone that is gone would be on no page.
    fn may_go_on(&self, state: &DatabaseState) -> bool {
        let is_recent = self.seen_at.is_none_or(|time| Some(time) >= state.horizon);
        state.incarnation == self.incarnation && is_recent
    }

    /// Whether all was read that this answer will hold.
    #[must_use]
    pub fn is_last(&self) -> bool {
        !self.is_incomplete() || self.remaining == Some(0)
    }

    /// Whether the pull is not at its end.
    fn is_incomplete(&self) -> bool {
        self.has_more || self.shared.is_some()
    }

    /// What ends the answer.
    ///
    /// # Errors
    /// [`SyncError::Clock`].
    pub fn closing(&self) -> Result<Closing, SyncError> {
        let paging = if self.has_more {
            self.query.seen.paging.clone()
        } else {
            None
        };
        let shared = self.shared.as_ref().filter(|_| !self.has_more);
        let shared = shared.map(|query| (query.end.clone(), query.after.clone()));
        let begin = if self.is_incomplete() {
            &self.seen_begin
        } else {
            &self.end
        };
        let seen = Seen {
            own: self.own.filter(|own| !begin.sees(*own)),
            begin: begin.clone(),
            paging,
        };
        let clock = self.service.clock.stamp(&self.greatest_revision)?;
        let cursor = Cursor {
            incarnation: self.incarnation,
            time: self.time,
            seen,
            shared,
            pages_read_at: self.pages_read_at,
        };
        let server_clock =
            self.service
                .cursors
                .write(&clock, &self.reader, &self.query.scope, &cursor)?;
        Ok(Closing {
            server_clock,
            has_more: self.is_incomplete(),
        })
    }

    /// Makes the query one for what comes behind `page`.
    fn move_behind(&mut self, page: &Page) {
        if page.has_more || self.query.seen.paging.is_some() {
            self.pages_read_at = Some(page.state.now);
        }
        self.has_more = page.has_more;
        self.count_down(page.count);
        self.query.reports = ReportsFor::Nobody;
        if let Some(position) = &page.last {
            self.query.seen.paging = Some((self.end.clone(), position.clone()));
        }
        self.note_revision(page.greatest_revision.as_ref());
    }

    /// So many of the documents that the caller takes were read.
    fn count_down(&mut self, count: u32) {
        measures::pulled(&self.query.scope.application, count);
        self.remaining = self
            .remaining
            .map(|remaining| remaining.saturating_sub(count));
        self.query.limit = self
            .remaining
            .unwrap_or(PAGE_DOCUMENTS)
            .clamp(1, PAGE_DOCUMENTS);
    }

    fn note_revision(&mut self, revision: Option<&Hlc>) {
        if let Some(revision) = revision
            && *revision > self.greatest_revision
        {
            self.greatest_revision = revision.clone();
        }
    }
}

fn first_query(
    request: &SyncRequest,
    pushed: &Pushed,
    start: &Start,
    freshness: Freshness,
) -> PageQuery {
    let is_first = start.seen.begin.is_nothing() && start.later_than.is_none();
    let own_is_known = known_push(request, pushed).is_some();
    let without = if request.echo {
        Vec::new()
    } else {
        let is_known = |stored: &Stored| {
            stored.owner.is_some()
                || (own_is_known && Some(stored.transaction) == pushed.transaction)
        };
        let others = pushed.stored.iter().filter(|stored| !is_known(stored));
        others.map(Stored::position).collect()
    };
    PageQuery {
        scope: Arc::clone(&request.scope),
        reader: request.reader.clone(),
        everybody: request.everybody,
        seen: shared::seen_own(start),
        later_than: start.later_than.clone(),
        tombstones: request.knows_tombstones && !is_first,
        limit: request.limit.unwrap_or(PAGE_DOCUMENTS).min(PAGE_DOCUMENTS),
        bytes: pages::PAGE_BYTES,
        own: pushed.transaction,
        own_is_known,
        without,
        reports: reports_for(request),
        freshness,
    }
}

/// The transaction of a push all of whose documents are accepted as they were pushed. Of any other
/// the caller knows only what it is sent, which may come with a later page.
fn known_push(request: &SyncRequest, pushed: &Pushed) -> Option<TransactionId> {
    pushed
        .transaction
        .filter(|_| !request.echo && !pushed.is_merged)
}

/// A device hears every report of its own pushes; who does not say which device it is, those of
/// the documents that it pushes.
fn reports_for(request: &SyncRequest) -> ReportsFor {
    if let Some(node) = &request.node {
        return ReportsFor::Device(node.clone());
    }
    let pushes: Vec<_> = request
        .changes
        .iter()
        .flat_map(|change| {
            let nodes: std::collections::BTreeSet<&Node> =
                change.edit.revisions.values().map(Hlc::node).collect();
            nodes
                .into_iter()
                .map(|node| (change.key.clone(), node.clone()))
        })
        .collect();
    if pushes.is_empty() {
        ReportsFor::Nobody
    } else {
        ReportsFor::Pushes(pushes)
    }
}

fn is_usable(start: &Start, page: &Page) -> bool {
    let same_life = start
        .incarnation
        .is_none_or(|known| known == page.state.incarnation);
    let is_recent = start
        .time
        .is_none_or(|time| Some(time) >= page.state.horizon);
    let latest = start.end().unwrap_or(&start.seen.begin);
    let has_seen = |reset: &TransactionId| latest.sees(*reset) || start.seen.own == Some(*reset);
    // Who brings no cursor is told everything, or does not know of resets.
    let is_told = start.incarnation.is_none() || page.resets.iter().all(has_seen);
    same_life && is_recent && is_told
}

/// Whether the caller has seen transactions that this database has not begun.
fn is_from_the_future(start: &Start, page: &Page) -> bool {
    let ends = start.end().into_iter().chain([&start.seen.begin]);
    let end = ends.map(Snapshot::end).max().unwrap_or_default();
    start.incarnation == Some(page.state.incarnation) && end > page.next_transaction
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
