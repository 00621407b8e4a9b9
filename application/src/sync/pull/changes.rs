//! The documents of an answer, page by page, and the clock that ends it.

use std::sync::Arc;

use syncline_domain::{
    hlc::{Hlc, UnixMillis},
    identifier::UserId,
    snapshot::{Snapshot, TransactionId},
};

use super::{PAGE_DOCUMENTS, Start};
use crate::{
    cursor::Cursor,
    measures,
    ports::{
        DatabaseState, Freshness, Incarnation, Page, PageQuery, ReportsFor, Seen, SharedPage,
        SharedPageQuery, StoreError,
    },
    sync::{Closing, SyncError, SyncService, request::SyncRequest},
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

impl Changes {
    pub(super) fn begin(
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
            seen_at: start.oldest,
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

    /// Has the documents of others follow.
    pub(super) fn share(&mut self, query: Option<SharedPageQuery>) {
        self.shared = query.map(|query| SharedPageQuery {
            end: self.end.clone(),
            ..query
        });
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

    /// The next documents of others.
    async fn next_shared(&mut self) -> Result<Option<String>, SyncError> {
        let Some(query) = &mut self.shared else {
            return Ok(None);
        };
        query.limit = self.query.limit;
        let page = self.service.store.shared_page(query).await?;
        let state = page.state.as_ref();
        let Some(state) = state.filter(|state| self.may_go_on(state)) else {
            return Err(SyncError::Store(StoreError::Contention));
        };
        // What was overwritten since the pull began was on no page.
        self.pages_read_at = Some(state.now);
        self.count_down(page.count);
        self.note_revision(page.greatest_revision.as_ref());
        self.move_shared_behind(&page);
        Ok(Some(page.documents))
    }

    fn move_shared_behind(&mut self, page: &SharedPage) {
        match (&mut self.shared, &page.last) {
            (Some(query), Some(last)) if page.has_more => query.after = last.clone(),
            _ => self.shared = None,
        }
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
            begun_from: self.seen_at.filter(|_| self.is_incomplete()),
            seen,
            shared,
            tombstones: self.is_incomplete() && self.query.tombstones,
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
