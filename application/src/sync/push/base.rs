//! What a device had seen of a document when it edited it.

use syncline_domain::{
    document::get,
    hlc::{Hlc, UnixMillis},
    merge::{Ancestor, Version},
    path::Path,
    snapshot::TransactionId,
};

use crate::{
    cursor::{Cursor, CursorCodec, Presented},
    ports::{DatabaseState, History, HistoryQuery, Route, Seen, StoredVersion},
    sync::request::{PushedChange, SyncRequest},
};

/// What the base clock of a change is good for.
#[derive(Clone, Debug)]
pub(super) enum Base {
    /// The device knew of no document.
    Nothing,
    /// It had seen this.
    Seen(Sight),
    /// It had seen something, at this time, that may be gone: so long ago, or in an account that has
    /// ended since.
    Purged(UnixMillis),
    /// What it had seen cannot be known.
    Unknown,
}

/// What the base clocks of a request say. Most of its changes have the same one, and to read one
/// costs as much as a merge.
pub(super) struct PresentedClocks<'a> {
    cursors: &'a CursorCodec,
    request: &'a SyncRequest,
    last: Option<(&'a Hlc, Presented)>,
}

impl<'a> PresentedClocks<'a> {
    pub(super) fn new(cursors: &'a CursorCodec, request: &'a SyncRequest) -> Self {
        Self {
            cursors,
            request,
            last: None,
        }
    }

    fn read(&mut self, clock: &'a Hlc) -> &Presented {
        let SyncRequest { reader, scope, .. } = self.request;
        let is_last = |last: &(&Hlc, Presented)| last.0 == clock;
        let last = self.last.take().filter(is_last);
        let last = last.unwrap_or_else(|| (clock, self.cursors.read(clock, reader, scope)));
        &self.last.insert(last).1
    }
}

/// What a device had seen, and when.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    seen: Seen,
    time: UnixMillis,
    pages_read_at: Option<UnixMillis>,
}

impl Base {
    pub(super) fn read<'a>(
        presented: &mut PresentedClocks<'a>,
        change: &'a PushedChange,
        route: Option<&Route>,
        ended: Option<TransactionId>,
        state: &DatabaseState,
    ) -> Self {
        let Some(clock) = &change.base else {
            return Self::Nothing;
        };
        match presented.read(clock) {
            Presented::Nothing => Self::Nothing,
            Presented::Clock(_) | Presented::Foreign(_) => Self::Unknown,
            Presented::Cursor(cursor) if cursor.incarnation != state.incarnation => Self::Unknown,
            Presented::Cursor(cursor)
                if Some(cursor.oldest()) < state.horizon || is_of_ended(cursor, ended) =>
            {
                Self::Purged(cursor.oldest())
            }
            Presented::Cursor(cursor) => Self::of_cursor(cursor, change, route),
        }
    }

    fn of_cursor(cursor: &Cursor, change: &PushedChange, route: Option<&Route>) -> Self {
        let seen = match route {
            None => Some(cursor.seen_own()),
            Some(route) => cursor.seen_shared(route, &change.key),
        };
        seen.map_or(Self::Unknown, |seen| {
            Self::Seen(Sight {
                seen,
                time: cursor.time,
                pages_read_at: cursor.pages_read_at,
            })
        })
    }

    /// When the device read what it had seen, if it is known.
    pub(super) fn time(&self) -> Option<UnixMillis> {
        match self {
            Self::Seen(Sight { time, .. }) | Self::Purged(time) => Some(*time),
            Self::Nothing | Self::Unknown => None,
        }
    }

    /// What has to be known of the past beside the current version; none when nobody wrote since,
    /// and every revision that the device names is new.
    pub(super) fn history_query(
        &self,
        document: usize,
        change: &PushedChange,
        current: &StoredVersion,
    ) -> Option<HistoryQuery> {
        let seen = self.seen();
        let is_current = seen.is_some_and(|seen| seen.sees(current.transaction, &change.key));
        let revisions = unknown_revisions(change, current);
        let newest_known = &current.version.revision;
        if is_current
            && revisions
                .iter()
                .all(|(_, revision)| revision > newest_known)
        {
            return None;
        }
        let mut nodes: Vec<_> = change.edit.revisions.values().map(Hlc::node).collect();
        nodes.retain(|node| !node.is_server());
        nodes.sort_unstable();
        nodes.dedup();
        let nodes = nodes.into_iter().cloned().collect();
        Some(HistoryQuery {
            document,
            seen: seen.cloned(),
            revisions,
            nodes,
        })
    }

    /// The version that the device made its edit from.
    pub(super) fn ancestor<'a>(
        &self,
        change: &PushedChange,
        current: Option<&'a StoredVersion>,
        history: &'a History,
    ) -> Ancestor<'a> {
        let Some(current) = current else {
            return Ancestor::Nothing;
        };
        let sight = match self {
            Self::Nothing => return Ancestor::Nothing,
            Self::Purged(_) | Self::Unknown => return Ancestor::Unknown,
            Self::Seen(sight) => sight,
        };
        if sight.seen.sees(current.transaction, &change.key) {
            return Ancestor::Version(&current.version);
        }
        if history.is_forgotten {
            return Ancestor::Unknown;
        }
        // One that gave way while the device read page after page may not have been on any.
        if history.ancestor.is_some() && history.ancestor_superseded_at <= sight.pages_read_at {
            return Ancestor::Unknown;
        }
        let number = history.ancestor;
        let version = history
            .versions
            .iter()
            .find(|version| Some(version.number) == number);
        version.map_or(Ancestor::Nothing, Ancestor::Version)
    }

    fn seen(&self) -> Option<&Seen> {
        match self {
            Self::Seen(sight) => Some(&sight.seen),
            Self::Nothing | Self::Purged(_) | Self::Unknown => None,
        }
    }
}

/// Whether a cursor is from before the end of an account, and of what went with that.
fn is_of_ended(cursor: &Cursor, ended: Option<TransactionId>) -> bool {
    ended.is_some_and(|ended| !cursor.end().sees(ended))
}

/// The revisions that a change names and the current version does not have, or without the value
/// that came with them: a tombstone keeps the revisions of what it deleted.
fn unknown_revisions(change: &PushedChange, current: &StoredVersion) -> Vec<(Path, Hlc)> {
    let Version {
        field_revisions,
        content,
        ..
    } = &current.version;
    let edit = &change.edit;
    let is_as_edited = |path: &Path| {
        let edited = edit.content.as_ref();
        edited.is_none_or(|edited| get(edited, path).is_some() == get(content, path).is_some())
    };
    let is_known = |path: &Path, revision: &Hlc| {
        field_revisions.get(path) == Some(revision) && is_as_edited(path)
    };
    edit.revisions
        .iter()
        .chain(&edit.after)
        .filter(|(path, revision)| !is_known(path, revision))
        .map(|(path, revision)| (path.clone(), revision.clone()))
        .collect()
}
