//! Where a pull begins: what its caller has seen, and the query for what it has not.

use std::{collections::BTreeSet, sync::Arc};

use syncline_domain::{
    hlc::{Hlc, Node, UnixMillis},
    snapshot::{Snapshot, TransactionId},
};

use super::{
    pages::{PAGE_BYTES, PAGE_DOCUMENTS},
    shared,
};
use crate::{
    cursor::Presented,
    ports::{Freshness, Incarnation, Page, PageQuery, ReportsFor, Seen, SharedPosition},
    sync::{
        push::{Pushed, Stored},
        request::SyncRequest,
    },
};

/// What a pull begins with.
#[derive(Debug)]
pub(in crate::sync) struct Opening {
    pub(super) start: Start,
    /// Whether the caller's clock tells nothing here, so that everything is sent anew.
    pub(super) reset: bool,
    /// The first page.
    pub(in crate::sync) query: PageQuery,
}

impl Opening {
    /// What a pull after this push begins with.
    pub(in crate::sync) fn of(request: &SyncRequest, pushed: &Pushed) -> Self {
        let reset = matches!(request.presented, Presented::Foreign(_));
        let start = match request.presented.clone() {
            Presented::Nothing | Presented::Foreign(_) => Start::at_nothing(),
            Presented::Clock(clock) => Start {
                later_than: Some(clock),
                ..Start::at_nothing()
            },
            Presented::Cursor(cursor) => Start {
                oldest: Some(cursor.oldest()),
                seen: cursor.seen,
                shared: cursor.shared,
                later_than: None,
                tombstones: cursor.tombstones,
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
    pub(in crate::sync) fn may_be_empty(&self) -> bool {
        let query = &self.query;
        let is_known = query.own.is_none() || query.own_is_known;
        is_known && !query.seen.begin.is_nothing() && query.seen.paging.is_none()
    }
}

/// Where a pull begins, and what its caller has to be told of that.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) seen: Seen,
    /// How far a pull is that is through with the caller's own documents.
    pub(super) shared: Option<(Snapshot, SharedPosition)>,
    pub(super) later_than: Option<Hlc>,
    /// Whether it goes on with a pull that brings tombstones.
    tombstones: bool,
    /// When the oldest of what its caller has seen was read.
    pub(super) oldest: Option<UnixMillis>,
    /// When the cursor was read; amid a paged pull, when its first page was.
    pub(super) time: Option<UnixMillis>,
    pub(super) incarnation: Option<Incarnation>,
}

impl Start {
    pub(super) fn at_nothing() -> Self {
        let seen = Seen {
            begin: Snapshot::nothing(),
            own: None,
            paging: None,
        };
        Self {
            seen,
            shared: None,
            later_than: None,
            tombstones: false,
            oldest: None,
            time: None,
            incarnation: None,
        }
    }

    /// Whether tombstones are to be sent. A first pull needs none, unless its caller pushes: what it
    /// pushed may be deleted before it is read.
    pub(super) fn wants_tombstones(&self, request: &SyncRequest) -> bool {
        let is_first = self.seen.begin.is_nothing() && self.later_than.is_none();
        let pushes = !request.changes.is_empty();
        request.knows_tombstones && (!is_first || pushes || self.tombstones)
    }

    /// The snapshot at which the pull will end, if it is under way.
    fn end(&self) -> Option<&Snapshot> {
        let paging = self.seen.paging.as_ref().map(|(end, _)| end);
        paging.or(self.shared.as_ref().map(|(end, _)| end))
    }

    /// Whether the cursor tells what its caller has seen of this database.
    pub(super) fn is_usable(&self, page: &Page) -> bool {
        let same_life = self
            .incarnation
            .is_none_or(|known| known == page.state.incarnation);
        let is_recent = self
            .oldest
            .is_none_or(|time| Some(time) >= page.state.horizon);
        let latest = self.end().unwrap_or(&self.seen.begin);
        let has_seen = |reset: &TransactionId| latest.sees(*reset) || self.seen.own == Some(*reset);
        // Who brings no cursor is told everything, or does not know of resets.
        let is_told = self.incarnation.is_none() || page.resets.iter().all(has_seen);
        same_life && is_recent && is_told
    }

    /// Whether the caller has seen transactions that this database has not begun.
    pub(super) fn is_from_the_future(&self, page: &Page) -> bool {
        let ends = self.end().into_iter().chain([&self.seen.begin]);
        let end = ends.map(Snapshot::end).max().unwrap_or_default();
        self.incarnation == Some(page.state.incarnation) && end > page.next_transaction
    }
}

pub(super) fn first_query(
    request: &SyncRequest,
    pushed: &Pushed,
    start: &Start,
    freshness: Freshness,
) -> PageQuery {
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
        tombstones: start.wants_tombstones(request),
        limit: request.limit.unwrap_or(PAGE_DOCUMENTS).min(PAGE_DOCUMENTS),
        bytes: PAGE_BYTES,
        own: pushed.transaction,
        own_is_known,
        without,
        reports: reports_for(request, start),
        freshness,
    }
}

/// The transaction of a push all of whose documents are accepted as they were pushed. Of any other
/// the caller knows only what it is sent, which may come with a later page.
pub(super) fn known_push(request: &SyncRequest, pushed: &Pushed) -> Option<TransactionId> {
    pushed
        .transaction
        .filter(|_| !request.echo && !pushed.is_merged)
}

/// A device hears every report of its own pushes; who does not say which device it is, those of
/// the documents that it pushes. In the midst of a pull a device has those which its first page told, and
/// later ones come with the next pull.
fn reports_for(request: &SyncRequest, start: &Start) -> ReportsFor {
    if let Some(node) = &request.node {
        return match start.end() {
            Some(_) => ReportsFor::Nobody,
            None => ReportsFor::Device(node.clone()),
        };
    }
    let pushes: Vec<_> = request
        .changes
        .iter()
        .flat_map(|change| {
            let nodes: BTreeSet<&Node> = change.edit.revisions.values().map(Hlc::node).collect();
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
