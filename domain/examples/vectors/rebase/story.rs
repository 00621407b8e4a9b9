use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use syncline_domain::{
    document::{Document, flatten},
    hlc::{Hlc, Node, UnixMillis},
    merge::{DELETED, FieldRevisions},
    path::Path,
    rebase::{LocalDocument, Pending, Push, ServerDocument},
};

/// A story as it unfolds.
pub(super) struct Story {
    name: String,
    document: LocalDocument,
    device: Hlc,
    server: Hlc,
    in_flight: Option<Push>,
    steps: Vec<Value>,
}

impl Story {
    pub(super) fn new(name: &str) -> Self {
        let clock = |node| {
            let node = Node::new(node).expect("the node is valid");
            Hlc::new(UnixMillis(1000), node).expect("the time fits")
        };
        Self {
            name: name.to_owned(),
            document: LocalDocument::default(),
            device: clock("phone"),
            server: clock("server~1"),
            in_flight: None,
            steps: Vec::new(),
        }
    }

    pub(super) fn told(self) -> Value {
        json!({ "name": self.name, "steps": self.steps })
    }

    /// What the device shows; nothing where there is no document.
    pub(super) fn content(&self) -> Document {
        self.document.content().unwrap_or_default()
    }

    pub(super) fn edit(&mut self, content: &Document) {
        let revision = self.stamp();
        let clock = self.server.clone();
        let changed = self.document.edit(content, &revision, Some(&clock));
        self.note(json!({
            "do": "edit", "content": content, "revision": revision, "clock": clock, "changed": changed,
        }));
    }

    pub(super) fn delete(&mut self) {
        let revision = self.stamp();
        let clock = self.server.clone();
        let changed = self.document.delete(&revision, Some(&clock));
        self.note(
            json!({ "do": "delete", "revision": revision, "clock": clock, "changed": changed }),
        );
    }

    pub(super) fn push(&mut self) {
        let push = self.document.push();
        let sent = push.as_ref().map(|push| {
            json!({
                "doc": push.content,
                "fieldRevs": push.field_revisions,
                "after": push.after,
                "baseClock": push.base_clock,
            })
        });
        self.in_flight = push.or(self.in_flight.take());
        self.note(json!({ "do": "push", "push": sent }));
    }

    /// The server stored the last push as it is.
    pub(super) fn answer_as_pushed(&mut self) {
        self.answer(|push, clock| Some(push.stored(clock.clone())));
    }

    /// The server merged the last push into `content`.
    pub(super) fn answer_merged(&mut self, content: Document) {
        self.answer(|_, clock| Some(state(content, clock)));
    }

    /// The last push lost: the server holds what it last sent.
    pub(super) fn answer_unchanged(&mut self) {
        self.answer(|_, _| None);
    }

    fn answer(&mut self, stored: impl FnOnce(&Push, &Hlc) -> Option<ServerDocument>) {
        let Some(push) = self.in_flight.take() else {
            return;
        };
        let clock = self.server_stamp();
        let stored = stored(&push, &clock);
        let shown = stored.as_ref().map(shown);
        self.document.answer(&push, stored, &clock);
        self.note(json!({ "do": "answer", "stored": shown, "clock": clock }));
    }

    pub(super) fn refused(&mut self) {
        self.in_flight = None;
        self.document.refused();
        self.note(json!({ "do": "refused" }));
    }

    pub(super) fn doubt(&mut self) {
        self.in_flight = None;
        self.document.doubt();
        self.note(json!({ "do": "doubt" }));
    }

    pub(super) fn receive(&mut self, content: Document) {
        let clock = self.server_stamp();
        self.receive_state(state(content, &clock));
    }

    pub(super) fn receive_tombstone(&mut self) {
        let clock = self.server_stamp();
        let field_revisions = FieldRevisions::from([(Path::of_key(DELETED), clock.clone())]);
        let content = Document::new();
        self.receive_state(ServerDocument {
            revision: clock,
            field_revisions,
            content,
            deleted: true,
        });
    }

    fn receive_state(&mut self, state: ServerDocument) {
        let shown = shown(&state);
        self.document.receive(state);
        self.note(json!({ "do": "receive", "state": shown }));
    }

    pub(super) fn removed(&mut self) {
        self.document.removed();
        self.note(json!({ "do": "removed" }));
    }

    pub(super) fn missing(&mut self) {
        self.document.missing();
        self.note(json!({ "do": "missing" }));
    }

    pub(super) fn heal(&mut self) {
        self.document.heal();
        self.note(json!({ "do": "heal" }));
    }

    /// Every unsent revision gives way to a later one.
    pub(super) fn restamp(&mut self) {
        let pending = self.document.pending().into_iter();
        let unsent: BTreeSet<Hlc> = pending.flat_map(Pending::unsent_revisions).collect();
        let renewed: BTreeMap<Hlc, Hlc> =
            unsent.into_iter().map(|old| (old, self.stamp())).collect();
        self.document.restamp(&renewed);
        self.note(json!({ "do": "restamp", "renewed": renewed }));
    }

    fn note(&mut self, mut step: Value) {
        step["then"] = json!({ "content": self.document.content(), "pending": self.pending() });
        self.steps.push(step);
    }

    fn pending(&self) -> FieldRevisions {
        self.document
            .pending()
            .map(|pending| pending.revisions().collect())
            .unwrap_or_default()
    }

    fn stamp(&mut self) -> Hlc {
        self.device = later(&self.device);
        self.device.clone()
    }

    fn server_stamp(&mut self) -> Hlc {
        self.server = later(&self.server);
        self.server.clone()
    }
}

fn later(clock: &Hlc) -> Hlc {
    clock.tick(UnixMillis(0)).expect("there is a later clock")
}

/// A document of which every field has the server's revision.
fn state(content: Document, revision: &Hlc) -> ServerDocument {
    let field_revisions = flatten(&content)
        .into_keys()
        .map(|path| (path, revision.clone()))
        .collect();
    ServerDocument {
        revision: revision.clone(),
        field_revisions,
        content,
        deleted: false,
    }
}

fn shown(state: &ServerDocument) -> Value {
    json!({
        "rev": state.revision,
        "fieldRevs": state.field_revisions,
        "doc": state.content,
        "deleted": state.deleted,
    })
}
