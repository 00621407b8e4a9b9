//! What a device does with a document: edits of its own, and states that the server sends.
//!
//! A device never merges text. A pending path keeps its local value, and the base clock of the
//! moment its document was first edited; every other path takes the server's value. The server
//! alone merges, and for that a [`Push`] says from what each value was made:
//!
//! - `base_clock`: what the device had seen when it first edited the document. Absent if the
//!   server never gave it the document.
//! - `after`: for a path whose value was made from something newer than that (what the device
//!   itself pushed, or what the server sent meanwhile) the revision of it.
//!
//! A push that got no answer is sent again word for word until it gets one; what was edited
//! meanwhile waits for that. So whatever `after` names is known to the server, however many
//! requests and answers were lost before. One that is refused after it had got no answer may have
//! arrived or not: `after` names it, and means nothing if the server does not know it. A new document
//! whose clock the device forgot before it got an answer names its own revisions there.

mod pending;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    document::{Document, diff, flatten, get, same_document},
    hlc::Hlc,
    merge::{DELETED, FieldRevisions},
    path::Path,
};

use pending::Seen;
pub use pending::{Change, Pending, PendingField};

/// A document as the server last sent it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerDocument {
    /// The server's clock when it was stored.
    pub revision: Hlc,
    /// The revision of each leaf; removed leaves keep theirs, a tombstone has one at [`DELETED`].
    pub field_revisions: FieldRevisions,
    /// Its fields. Those of a tombstone are the last that the device saw, as long as it has
    /// pending edits to them, so that a later edit re-creates a whole document.
    pub content: Document,
    /// Whether it is a tombstone.
    pub deleted: bool,
}

/// What a device sends of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Push {
    /// The whole document; none if it was deleted.
    pub content: Option<Document>,
    /// The revision of each leaf, removed ones included; of a deletion, the one at [`DELETED`].
    pub field_revisions: FieldRevisions,
    /// The revisions from which values were made, where they are newer than the base.
    pub after: FieldRevisions,
    /// What the device had seen when it began to edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_clock: Option<Hlc>,
}

/// A document as a device has it: the server's last state, and the edits that the server has not
/// answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server: Option<ServerDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<Pending>,
}

impl Push {
    /// The server's state if it stored exactly this, under `revision`.
    #[must_use]
    pub fn stored(&self, revision: Hlc) -> ServerDocument {
        ServerDocument {
            revision,
            field_revisions: self.field_revisions.clone(),
            content: self.content.clone().unwrap_or_default(),
            deleted: self.content.is_none(),
        }
    }

    fn is_stored_as(&self, stored: &ServerDocument) -> bool {
        match &self.content {
            Some(content) => !stored.deleted && same_document(content, &stored.content),
            None => stored.deleted,
        }
    }
}

impl LocalDocument {
    /// What the user sees: none if there is no document, or it is deleted.
    #[must_use]
    pub fn content(&self) -> Option<Document> {
        match &self.pending {
            Some(pending) if pending.deletion.is_some() => None,
            Some(pending) => Some(pending.overlay(self.server.as_ref())),
            None => self.live().map(|server| server.content.clone()),
        }
    }

    /// The server's last state.
    #[must_use]
    pub fn server(&self) -> Option<&ServerDocument> {
        self.server.as_ref()
    }

    /// The edits that the server has not answered.
    #[must_use]
    pub fn pending(&self) -> Option<&Pending> {
        self.pending.as_ref()
    }

    /// Whether nothing is known of the document, so that it need not be kept.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.server.is_none() && self.pending.is_none()
    }

    /// Makes `content` the document. Each leaf in which it differs from what the device shows
    /// becomes pending with `revision`; `clock` is the last that the server gave. A document that
    /// does not exist, or no longer, is created.
    ///
    /// A leaf that goes back to the server's value is no longer pending, unless the server may
    /// know the value that it had in between. Returns whether anything changed.
    pub fn edit(&mut self, content: &Document, revision: &Hlc, clock: Option<&Hlc>) -> bool {
        let shown = self.content();
        if shown
            .as_ref()
            .is_some_and(|shown| same_document(shown, content))
        {
            return false;
        }
        let mut pending = self.begin(clock);
        pending.undelete();
        let server = self.server.as_ref();
        let seen = Seen { server, shown };
        let difference = diff(seen.shown.as_ref().unwrap_or(&Document::new()), content);
        for path in difference.removed {
            pending.put(path, Change::Removed, revision, &seen);
        }
        for (path, value) in difference.changed {
            pending.put(path, Change::Set(value.clone()), revision, &seen);
        }
        // What the edit uncovers was not in the document either: leaves that a pending value hid,
        // and those of a document that is created again, pushed ones that may have arrived included.
        let uncovered = diff(&pending.overlay(server), content).removed;
        for path in uncovered
            .into_iter()
            .chain(pending.pushed_and_gone(content))
        {
            pending.put(path, Change::Removed, revision, &seen);
        }
        let is_needed = pending.is_needed(server);
        self.keep(is_needed.then_some(pending));
        true
    }

    /// Deletes the document. Returns whether there was one.
    pub fn delete(&mut self, revision: &Hlc, clock: Option<&Hlc>) -> bool {
        let shown = self.content();
        if shown.is_none() {
            return false;
        }
        let mut pending = self.begin(clock);
        let server = self.server.as_ref();
        pending.delete(revision, &Seen { server, shown });
        let is_known = self.live().is_some() || pending.is_perhaps_known();
        self.keep(is_known.then_some(pending));
        true
    }

    /// What to send, if anything is pending: the last push again, unless [`Self::answer`] or
    /// [`Self::refused`] told of it.
    pub fn push(&mut self) -> Option<Push> {
        let pending = self.pending.as_mut()?;
        Some(pending.send(self.server.as_ref()))
    }

    /// The server took `push` in and now holds `stored`, in an answer whose clock is `clock`; none
    /// if it still holds what it last sent, because the pushed values lost.
    ///
    /// What was edited since the push stays pending. If the server holds exactly what was pushed,
    /// these edits were made from its present state; otherwise they keep their base.
    pub fn answer(&mut self, push: &Push, stored: Option<ServerDocument>, clock: &Hlc) {
        let is_as_pushed = stored
            .as_ref()
            .is_some_and(|stored| push.is_stored_as(stored));
        let pending = self.pending.take().and_then(|pending| pending.settle(push));
        self.keep(pending);
        if let Some(stored) = stored {
            self.receive(stored);
        }
        if let Some(pending) = self.pending.as_mut().filter(|_| is_as_pushed) {
            pending.advance(clock);
        }
    }

    /// The server refused the last push. If it was sent only once, nothing of it was taken in.
    pub fn refused(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.take_back(self.server.as_ref());
        }
    }

    /// Whether the device changed the document after it made `push`.
    #[must_use]
    pub fn is_edited_since(&self, push: &Push) -> bool {
        let pending = self.pending.clone();
        pending.is_some_and(|pending| pending.settle(push).is_some())
    }

    /// The device forgets the clock that told how long it has waited for the answer to its last push.
    pub fn doubt(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.doubt();
        }
    }

    /// The server sent its state of the document.
    pub fn receive(&mut self, mut state: ServerDocument) {
        if let Some(pending) = &mut self.pending {
            pending.is_rebased = true;
            if let Some(seen) = self
                .server
                .take()
                .filter(|_| state.deleted && pending.deletion.is_none())
            {
                state.keep_content_of(seen);
            }
        }
        self.server = Some(state);
    }

    /// The device may no longer see the document: what the server gave is forgotten, also where it
    /// is pending to be given back.
    pub fn removed(&mut self) {
        let server = self.server.take();
        self.pending = self.pending.take().and_then(|pending| match &server {
            Some(server) => pending.without_given(server),
            None => Some(pending),
        });
        if let Some(pending) = &mut self.pending {
            pending.is_rebased = true;
        }
    }

    /// A reset of the device's state lacked the document.
    pub fn missing(&mut self) {
        match (&mut self.server, &mut self.pending) {
            (Some(server), Some(pending)) => {
                server.deleted = true;
                pending.is_rebased = true;
            }
            _ => self.server = None,
        }
    }

    /// Makes all that the server ever gave pending again, under the revisions it has: the server
    /// came back from an older backup.
    pub fn heal(&mut self) {
        let Some(server) = &self.server else { return };
        let pending = self.pending.take();
        self.pending = Some(Pending::healing(server, pending));
    }

    /// Replaces those of the unsent revisions that were ahead of the server's time, so that it knows
    /// none of them. The new ones must be later than whatever the device stamped before, or an edit
    /// could look older than, or the same as, the one that it replaces.
    pub fn restamp(&mut self, renewed: &BTreeMap<Hlc, Hlc>) {
        if let Some(pending) = &mut self.pending {
            pending.restamp(renewed);
        }
    }

    fn live(&self) -> Option<&ServerDocument> {
        self.server.as_ref().filter(|server| !server.deleted)
    }

    fn begin(&mut self, clock: Option<&Hlc>) -> Pending {
        let base_clock = self.server.as_ref().and(clock).cloned();
        self.pending
            .take()
            .unwrap_or_else(|| Pending::begin(base_clock))
    }

    fn keep(&mut self, pending: Option<Pending>) {
        self.pending = pending;
        if let Some(tombstone) = self.server.as_mut().filter(|server| server.deleted)
            && self.pending.is_none()
        {
            tombstone.content.clear();
        }
    }
}

impl ServerDocument {
    /// The value of the leaf at `path`.
    fn leaf(&self, path: &Path) -> Option<&Value> {
        let is_leaf = |value: &&Value| value.as_object().is_none_or(Document::is_empty);
        get(&self.content, path).filter(is_leaf)
    }

    /// The revisions of its fields alone.
    fn fields(&self) -> impl Iterator<Item = (&Path, &Hlc)> {
        self.field_revisions
            .iter()
            .filter(|(path, _)| path.as_str() != DELETED)
    }

    /// The revision of a tombstone's deletion.
    fn deletion(&self) -> &Hlc {
        self.field_revisions.get(DELETED).unwrap_or(&self.revision)
    }

    fn keep_content_of(&mut self, seen: Self) {
        let tombstone = std::mem::replace(&mut self.field_revisions, seen.field_revisions);
        self.field_revisions.extend(tombstone);
        self.content = seen.content;
    }

    /// What stands at each of its paths, removed ones included, in the document that the device
    /// shows. Of what that hides, nothing is known.
    fn changes(&self, shown: &Document) -> impl Iterator<Item = (Path, PendingField)> {
        let (own, shown) = (flatten(&self.content), flatten(shown));
        self.fields().filter_map(move |(path, revision)| {
            let change = match shown.get(path) {
                Some(value) => Change::Set((*value).clone()),
                None if own.contains_key(path) => return None,
                None => Change::Removed,
            };
            Some((
                path.clone(),
                PendingField {
                    change,
                    revision: revision.clone(),
                },
            ))
        })
    }
}
