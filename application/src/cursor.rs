//! What a device has seen, written into the node of the clock that the server gives it.
//!
//! A server clock is `<milliseconds>-<sequence>-server~<cursor>`, and devices treat it as opaque.
//! The cursor is bound to the reader, the application and the collection, and authenticated: a
//! forged one, or one of another collection, counts as none. See ADR 0001.

mod codec;

use sha2::{Digest, Sha256};
use syncline_domain::{
    access::Namespace,
    hlc::{Hlc, HlcError, Node, SERVER_NODE_PREFIX, UnixMillis},
    identifier::{DocumentKey, UserId},
    snapshot::{MAX_IN_PROGRESS, Snapshot},
};

use crate::{
    ports::{Incarnation, Route, Scope, Seen, SharedPosition},
    seal::Seal,
};

/// What a device has seen, and of which database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The incarnation whose transactions [`Cursor::seen`] speaks of.
    pub incarnation: Incarnation,
    /// The database's clock when it was read; in the midst of a paged pull, when its first page was.
    pub time: UnixMillis,
    /// In the midst of a paged pull: when that was read which had been seen before.
    pub begun_from: Option<UnixMillis>,
    /// What was seen.
    pub seen: Seen,
    /// In the midst of a paged pull that is through with the caller's own documents: the snapshot
    /// at which the pull will end, and how far it is with those of others.
    pub shared: Option<(Snapshot, SharedPosition)>,
    /// In the midst of a paged pull: whether its pages bring tombstones.
    pub tombstones: bool,
    /// If it was read in several pages, when the last of them was: a version that was superseded
    /// before then may not have been on any.
    pub pages_read_at: Option<UnixMillis>,
}

impl Cursor {
    /// When the oldest of what was seen was read: what was purged since may have been missed.
    #[must_use]
    pub fn oldest(&self) -> UnixMillis {
        self.begun_from.unwrap_or(self.time)
    }

    /// The moment up to which the caller has seen everything, or will have when its pull ends.
    #[must_use]
    pub fn end(&self) -> &Snapshot {
        let paging = self.seen.paging.as_ref().map(|(end, _)| end);
        let end = paging.or(self.shared.as_ref().map(|(end, _)| end));
        end.unwrap_or(&self.seen.begin)
    }

    /// What was seen of the caller's own documents.
    #[must_use]
    pub fn seen_own(&self) -> Seen {
        match &self.shared {
            Some((end, _)) => Seen {
                begin: end.clone(),
                own: self.seen.own,
                paging: None,
            },
            None => self.seen.clone(),
        }
    }

    /// What was seen of the document `key` of another, to which `route` leads. None if the route
    /// was not there yet: the caller has not seen the document by it.
    #[must_use]
    pub fn seen_shared(&self, route: &Route, key: &DocumentKey) -> Option<Seen> {
        let is_sent = |last: &SharedPosition| {
            (route.namespace, Some(key)) <= (last.namespace, last.key.as_ref())
        };
        let begin = match &self.shared {
            Some((end, last)) if is_sent(last) => end,
            _ => &self.seen.begin,
        };
        begin.sees(route.opened).then(|| Seen {
            begin: begin.clone(),
            // A transaction of several devices may have written both.
            own: None,
            paging: None,
        })
    }
}

/// What a clock that a caller presents says of what it has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Nothing has been seen yet.
    Nothing,
    /// A clock that no server made; all it says is a time.
    Clock(Hlc),
    /// A cursor.
    Cursor(Cursor),
    /// A server's clock, but not for this reader and collection, or not one of ours; all it says is a
    /// time.
    Foreign(Hlc),
}

/// Writes and reads cursors.
pub struct CursorCodec {
    seal: Seal,
}

impl CursorCodec {
    /// Derives its keys from the server's secrets. All are accepted, the first writes.
    #[must_use]
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s [u8]>) -> Self {
        Self {
            seal: Seal::derive(secrets, "syncline cursor"),
        }
    }

    /// The server clock at `clock` that carries `cursor`.
    ///
    /// # Errors
    /// [`HlcError`], which only a cursor too long for a clock could cause; it is shortened first.
    pub fn write(
        &self,
        clock: &Hlc,
        reader: &UserId,
        scope: &Scope,
        cursor: &Cursor,
    ) -> Result<Hlc, HlcError> {
        let mut in_progress = MAX_IN_PROGRESS;
        loop {
            let payload = codec::encode(cursor, in_progress);
            let written = self.seal.seal(&payload, &binding(clock, reader, scope));
            let node = format!("{SERVER_NODE_PREFIX}{written}");
            match Node::new(&node) {
                Ok(node) => return Ok(clock.with_node(node)),
                Err(error) if in_progress == 0 => return Err(error),
                // A snapshot that counts fewer transactions as seen is always safe.
                Err(_) => in_progress /= 2,
            }
        }
    }

    /// What `clock` says of what `reader` has seen of `scope`.
    #[must_use]
    pub fn read(&self, clock: &Hlc, reader: &UserId, scope: &Scope) -> Presented {
        if *clock == Hlc::zero() {
            return Presented::Nothing;
        }
        let Some(text) = clock.node().as_str().strip_prefix(SERVER_NODE_PREFIX) else {
            return Presented::Clock(clock.clone());
        };
        self.seal
            .open(text, &binding(clock, reader, scope))
            .and_then(|payload| codec::decode(&payload))
            .map_or_else(|| Presented::Foreign(clock.clone()), Presented::Cursor)
    }
}

/// What a cursor is good for, hashed so that no part of it can pass for another.
fn binding(clock: &Hlc, reader: &UserId, scope: &Scope) -> [u8; 32] {
    let mut hash = Sha256::new();
    let (kind, owner) = match &scope.namespace {
        Namespace::Personal(user) => ("personal", user.as_str()),
        Namespace::Organisation(organisation) => ("organisation", organisation.as_str()),
    };
    let parts = [
        reader.as_str(),
        kind,
        owner,
        scope.application.as_str(),
        scope.collection.as_str(),
    ];
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(clock.millis().0.to_be_bytes());
    hash.update(clock.sequence().to_be_bytes());
    hash.finalize().into()
}
