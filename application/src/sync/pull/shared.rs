//! What to read of the documents of others, which follow the caller's own.

use syncline_domain::{access::Namespace, identifier::DocumentKey, snapshot::TransactionId};

use super::{PAGE_DOCUMENTS, Start, pages::PAGE_BYTES};
use crate::{
    ports::{Page, Position, Seen, SharedPageQuery, SharedPosition},
    sync::{push::Stored, request::SyncRequest},
};

/// What a pull that begins at `start` has to read of the documents of others, if anything.
pub(super) fn query(
    request: &SyncRequest,
    stored: &[Stored],
    page: &Page,
    start: &Start,
) -> Option<SharedPageQuery> {
    if matches!(request.scope.namespace, Namespace::Organisation(_)) {
        return None;
    }
    let begin = &start.seen.begin;
    let is_due = page.newest_route >= Some(begin.first_unseen());
    if start.shared.is_none() && !is_due {
        return None;
    }
    let after = start.shared.as_ref().map(|(_, last)| last.clone());
    let without = stored
        .iter()
        .filter(|_| !request.echo)
        .filter_map(|stored| {
            let owner = stored.owner.clone()?;
            Some((owner, stored.position()))
        });
    Some(SharedPageQuery {
        reader: request.reader.clone(),
        application: request.scope.application.clone(),
        collection: request.scope.collection.clone(),
        begin: begin.clone(),
        // Known when the first page was read.
        end: begin.clone(),
        after: after.unwrap_or(SharedPosition {
            namespace: 0,
            key: None,
        }),
        tombstones: start.wants_tombstones(request),
        own_keys_hide: !request.knows_tombstones,
        everybody: request.everybody,
        without: without.collect(),
        limit: PAGE_DOCUMENTS,
        bytes: PAGE_BYTES,
    })
}

/// What was seen of the caller's own documents: all of them when the pull is through with them.
pub(super) fn seen_own(start: &Start) -> Seen {
    let (Some((end, _)), Ok(key)) = (&start.shared, DocumentKey::new("-")) else {
        return start.seen.clone();
    };
    let transaction = TransactionId::MAX;
    Seen {
        begin: end.clone(),
        own: start.seen.own,
        paging: Some((end.clone(), Position { transaction, key })),
    }
}
