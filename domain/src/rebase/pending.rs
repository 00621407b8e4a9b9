//! The edits of one document that the server has not answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Push, ServerDocument};
use crate::{
    document::{Document, flatten, get, same_value, unflatten},
    hlc::Hlc,
    merge::{DELETED, FieldRevisions},
    path::Path,
};

/// What became of a leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It has this value.
    Set(Value),
    /// It is gone.
    Removed,
}

/// A pending change of a leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingField {
    /// What became of it.
    pub change: Change,
    /// The device's clock at that moment.
    pub revision: Hlc,
}

/// The edits of one document that the server has not answered: changed leaves, or its deletion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// What the device had seen when the first of them was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_clock: Option<Hlc>,
    /// Whether the server's state is no longer that of the base clock.
    pub is_rebased: bool,
    /// The revision of the deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<Hlc>,
    /// The changed leaves; none beside a deletion.
    pub fields: BTreeMap<Path, PendingField>,
    /// The revisions from which values were made, where that is not the base's.
    pub after: FieldRevisions,
    /// The push that waits for its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Push>,
    /// Whether that was sent more than once: it may have arrived, even if it is refused in the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_sent_again: bool,
}

/// What there was to be seen when an edit was made.
pub(super) struct Seen<'a> {
    pub(super) server: Option<&'a ServerDocument>,
    /// What the device showed; none if there was no document, or it was deleted.
    pub(super) shown: Option<Document>,
}

impl Seen<'_> {
    /// The revision of the server's leaf at `path` if it is that which the device showed.
    fn revision(&self, path: &Path) -> Option<&Hlc> {
        let (server, shown) = (self.server?, self.shown.as_ref()?);
        let is_shown = match (server.leaf(path), get(shown, path)) {
            (Some(leaf), Some(shown)) => same_value(leaf, shown),
            (leaf, shown) => leaf.is_none() && shown.is_none(),
        };
        server.field_revisions.get(path).filter(|_| is_shown)
    }
}

impl Pending {
    pub(super) fn begin(base_clock: Option<Hlc>) -> Self {
        Self {
            base_clock,
            ..Self::default()
        }
    }

    /// All that `server` holds, under the edits that are pending already.
    pub(super) fn healing(server: &ServerDocument, pending: Option<Self>) -> Self {
        if server.deleted {
            return pending.unwrap_or_else(|| Self {
                deletion: Some(server.deletion().clone()),
                ..Self::default()
            });
        }
        let mut pending = pending.unwrap_or_default();
        if pending.deletion.is_none() {
            let shown = pending.overlay(Some(server));
            for (path, field) in server.changes(&shown) {
                pending.fields.entry(path).or_insert(field);
            }
        }
        pending
    }

    /// What remains without what `server` gave: all that [`Pending::healing`] added.
    pub(super) fn without_given(mut self, server: &ServerDocument) -> Option<Self> {
        self.fields
            .retain(|path, field| server.field_revisions.get(path) != Some(&field.revision));
        let given = self
            .deletion
            .take_if(|deletion| server.deleted && deletion == server.deletion());
        // Of a document that was deleted, a new one may be without any field.
        let is_creation = server.deleted && given.is_none();
        (is_creation || self.has_edits()).then_some(self)
    }

    /// The document that the device shows.
    pub(super) fn overlay(&self, server: Option<&ServerDocument>) -> Document {
        let mut leaves = server
            .map(|server| flatten(&server.content))
            .unwrap_or_default();
        for path in self.fields.keys() {
            leaves.remove(path);
        }
        for (path, field) in &self.fields {
            let Change::Set(value) = &field.change else {
                continue;
            };
            for above in path.above() {
                leaves.remove(above);
            }
            let (from, to) = path.below();
            let below: Vec<Path> = leaves
                .range(from..to)
                .map(|(path, _)| path.clone())
                .collect();
            for hidden in &below {
                leaves.remove(hidden);
            }
            leaves.insert(path.clone(), value);
        }
        unflatten(leaves.iter().map(|(path, value)| (path, *value)))
    }

    /// Takes a change in, unless it merely goes back to what the server has, and the server can
    /// know nothing else.
    pub(super) fn put(&mut self, path: Path, change: Change, revision: &Hlc, seen: &Seen<'_>) {
        self.note_origin(&path, seen);
        if is_at(seen.server, &path, &change) && !self.has_perhaps_arrived(&path) {
            self.fields.remove(&path);
        } else {
            self.fields.insert(
                path,
                PendingField {
                    change,
                    revision: revision.clone(),
                },
            );
        }
    }

    pub(super) fn delete(&mut self, revision: &Hlc, seen: &Seen<'_>) {
        let known = seen
            .server
            .into_iter()
            .flat_map(ServerDocument::fields)
            .map(|(path, _)| path);
        let paths: Vec<Path> = known.chain(self.fields.keys()).cloned().collect();
        for path in &paths {
            self.note_origin(path, seen);
        }
        self.fields.clear();
        self.deletion = Some(revision.clone());
    }

    /// Takes the deletion back, naming it as what comes next is made from, if it was pushed.
    pub(super) fn undelete(&mut self) {
        if let Some(deletion) = self.deletion.take()
            && self.is_sent(DELETED, &deletion)
        {
            self.after.insert(Path::of_key(DELETED), deletion);
        }
    }

    /// Whether anything must be sent.
    pub(super) fn is_needed(&self, server: Option<&ServerDocument>) -> bool {
        let is_creation = server.is_none_or(|server| server.deleted);
        is_creation || self.has_edits() || self.is_perhaps_known()
    }

    /// Whether the server may know some of the edits.
    pub(super) fn is_perhaps_known(&self) -> bool {
        self.sent.is_some() || !self.after.is_empty()
    }

    /// The last push once more, or one of everything that is pending.
    pub(super) fn send(&mut self, server: Option<&ServerDocument>) -> Push {
        self.is_sent_again = self.sent.is_some();
        let push = match self.sent.take() {
            Some(push) => push,
            None => self.next_push(server),
        };
        self.sent = Some(push.clone());
        push
    }

    fn next_push(&self, server: Option<&ServerDocument>) -> Push {
        let known = server.into_iter().flat_map(ServerDocument::fields);
        let known = known.map(|(path, revision)| (path.clone(), revision.clone()));
        let is_deletion = self.deletion.is_some();
        Push {
            content: (!is_deletion).then(|| self.overlay(server)),
            field_revisions: known
                .filter(|_| !is_deletion)
                .chain(self.revisions())
                .collect(),
            after: self.after.clone(),
            base_clock: self.base_clock.clone(),
        }
    }

    /// What remains after the server took `push` in: whatever was edited since.
    pub(super) fn settle(mut self, push: &Push) -> Option<Self> {
        let sent = &push.field_revisions;
        let is_recreated = push.content.is_none() && self.deletion.is_none();
        self.sent = None;
        self.is_sent_again = false;
        self.fields
            .retain(|path, field| sent.get(path) != Some(&field.revision));
        self.deletion = self
            .deletion
            .filter(|deletion| sent.get(DELETED) != Some(deletion));
        if self.deletion.is_none() {
            let fields = &self.fields;
            self.after
                .retain(|path, _| path.as_str() == DELETED || fields.contains_key(path));
        }
        (self.has_edits() || is_recreated).then_some(self)
    }

    /// The push that was sent was refused, and does not wait for an answer any longer.
    pub(super) fn take_back(&mut self, server: Option<&ServerDocument>) {
        let Some(sent) = self.sent.take() else {
            return;
        };
        if std::mem::take(&mut self.is_sent_again) {
            self.keep_as_origin(&sent);
        } else {
            self.forget(sent, server);
        }
    }

    /// The push that was sent as a new document says that it may have arrived before.
    pub(super) fn doubt(&mut self) {
        let sent = self.sent.as_mut();
        if let Some(sent) = sent.filter(|sent| sent.base_clock.is_none()) {
            let mut after = sent.field_revisions.clone();
            after.append(&mut sent.after);
            sent.after = after;
        }
    }

    /// An earlier try may have arrived: what comes next is made from that, if it did.
    fn keep_as_origin(&mut self, sent: &Push) {
        let pending: Vec<_> = self.revisions().collect();
        let is_sent =
            |(path, revision): &(Path, Hlc)| sent.field_revisions.get(path) == Some(revision);
        self.after.extend(pending.into_iter().filter(is_sent));
    }

    /// The push is none: what was made from it was made from what that was made from.
    fn forget(&mut self, mut sent: Push, server: Option<&ServerDocument>) {
        self.after = std::mem::take(&mut self.after)
            .into_iter()
            .filter_map(|(path, revision)| {
                let known = server.and_then(|server| server.field_revisions.get(&path));
                let is_void =
                    sent.field_revisions.get(&path) == Some(&revision) && known != Some(&revision);
                let origin = sent.after.remove(&path);
                let revision = if is_void { origin? } else { revision };
                Some((path, revision))
            })
            .collect();
    }

    /// What remains was made from the server's state at `clock`.
    pub(super) fn advance(&mut self, clock: &Hlc) {
        self.base_clock = Some(clock.clone());
        self.is_rebased = false;
        self.after.clear();
    }

    pub(super) fn restamp(&mut self, renewed: &BTreeMap<Hlc, Hlc>) {
        let fields = self.fields.values_mut().map(|field| &mut field.revision);
        for revision in fields.chain(&mut self.deletion) {
            if let Some(new) = renewed.get(revision) {
                revision.clone_from(new);
            }
        }
        self.after
            .retain(|_, revision| !renewed.contains_key(revision));
    }

    /// The revision of every pending path, the deletion's at [`DELETED`].
    pub fn revisions(&self) -> impl Iterator<Item = (Path, Hlc)> {
        let deletion = self
            .deletion
            .iter()
            .map(|deletion| (Path::of_key(DELETED), deletion));
        let fields = self
            .fields
            .iter()
            .map(|(path, field)| (path.clone(), &field.revision));
        fields
            .chain(deletion)
            .map(|(path, revision)| (path, revision.clone()))
    }

    /// The revisions of pending paths, and those from which they were made, without what a push
    /// holds that waits for its answer: the server may have taken it in.
    pub fn unsent_revisions(&self) -> impl Iterator<Item = Hlc> {
        let origins = self.after.clone().into_iter();
        let all = self.revisions().chain(origins);
        all.filter(|(path, revision)| !self.is_sent(path.as_str(), revision))
            .map(|(_, revision)| revision)
    }

    fn has_edits(&self) -> bool {
        self.deletion.is_some() || !self.fields.is_empty()
    }

    /// The leaves that the device pushed, and that neither `content` has nor a pending edit names:
    /// a deletion took them away.
    pub(super) fn pushed_and_gone(&self, content: &Document) -> Vec<Path> {
        let pushed = self.after.keys().filter(|path| path.as_str() != DELETED);
        let gone = pushed.filter(|path| !self.fields.contains_key(*path));
        gone.filter(|path| get(content, path).is_none())
            .cloned()
            .collect()
    }

    /// Remembers from what the next value of `path` is made, where that is newer than the base:
    /// the device's own push, or what the server sent since and the device showed.
    fn note_origin(&mut self, path: &Path, seen: &Seen<'_>) {
        let origin = match self.fields.get(path) {
            Some(field) => Some(&field.revision).filter(|sent| self.is_sent(path.as_str(), sent)),
            None if self.after.contains_key(path) || !self.is_rebased => None,
            None => seen.revision(path),
        };
        if let Some(origin) = origin.cloned() {
            self.after.insert(path.clone(), origin);
        }
    }

    fn is_sent(&self, path: &str, revision: &Hlc) -> bool {
        let sent = self.sent.as_ref();
        sent.is_some_and(|sent| sent.field_revisions.get(path) == Some(revision))
    }

    /// Whether the server may have a value of this device at `path`, or its deletion.
    fn has_perhaps_arrived(&self, path: &Path) -> bool {
        self.after.contains_key(path) || self.after.contains_key(DELETED)
    }
}

/// Whether the server's document has at `path` what `change` makes of it.
fn is_at(server: Option<&ServerDocument>, path: &Path, change: &Change) -> bool {
    match (server, change) {
        (Some(server), _) if server.deleted => false,
        (None, change) => *change == Change::Removed,
        (Some(server), Change::Removed) => server.leaf(path).is_none(),
        (Some(server), Change::Set(value)) => server
            .leaf(path)
            .is_some_and(|leaf| same_value(leaf, value)),
    }
}
