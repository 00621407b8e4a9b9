//! Any document with any past, on one device.

use proptest::{collection, prelude::*};
use serde_json::{Value, json};
use syncline_domain::{
    document::Document,
    hlc::{Hlc, Node, UnixMillis},
    merge::DELETED,
    path::Path,
    rebase::{LocalDocument, Push, ServerDocument},
};

/// What happens to a document.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Edit(Document),
    Delete,
    Push,
    Lose,
    Refuse,
    /// The answer to the last push: as it was pushed, unchanged, or something else.
    AnswerAsPushed,
    AnswerUnchanged,
    Answer(Document),
    AnswerDeleted,
    Receive(Document),
    ReceiveDeleted,
    Remove,
    Miss,
}

/// A document, the push that waits for an answer, and a clock that never stands still.
#[derive(Clone, Debug, Default)]
pub(crate) struct Device {
    pub(crate) document: LocalDocument,
    pub(crate) in_flight: Option<Push>,
    time: u64,
}

impl Device {
    pub(crate) fn after(events: Vec<Event>) -> Self {
        let mut device = Self::default();
        for event in events {
            device.live(event);
        }
        device
    }

    pub(crate) fn live(&mut self, event: Event) {
        match event {
            Event::Edit(content) => self.edit(&content),
            Event::Delete => {
                let (revision, clock) = (self.stamp("device"), self.stamp("server~"));
                self.document.delete(&revision, Some(&clock));
            }
            Event::Push => self.in_flight = self.document.push(),
            Event::Lose => self.in_flight = None,
            Event::Refuse => {
                if self.in_flight.take().is_some() {
                    self.document.refused();
                }
            }
            Event::AnswerAsPushed => {
                let revision = self.stamp("server~");
                self.answer(|push| Some(push.stored(revision)));
            }
            Event::AnswerUnchanged => self.answer(|_| None),
            Event::Answer(content) => {
                let stored = self.server_document(content);
                self.answer(|_| Some(stored));
            }
            Event::AnswerDeleted => {
                let stored = self.tombstone();
                self.answer(|_| Some(stored));
            }
            Event::Receive(content) => {
                let stored = self.server_document(content);
                self.document.receive(stored);
            }
            Event::ReceiveDeleted => {
                let stored = self.tombstone();
                self.document.receive(stored);
            }
            Event::Remove => self.document.removed(),
            Event::Miss => self.document.missing(),
        }
    }

    pub(crate) fn edit(&mut self, content: &Document) {
        let (revision, clock) = (self.stamp("device"), self.stamp("server~"));
        self.document.edit(content, &revision, Some(&clock));
    }

    pub(crate) fn answer(&mut self, stored: impl FnOnce(&Push) -> Option<ServerDocument>) {
        let clock = self.stamp("server~");
        if let Some(push) = self.in_flight.take() {
            self.document.answer(&push, stored(&push), &clock);
        }
    }

    /// A state of the server in which every field is new.
    pub(crate) fn server_document(&mut self, content: Document) -> ServerDocument {
        let revision = self.stamp("server~");
        let leaves = syncline_domain::document::flatten(&content);
        let field_revisions = leaves
            .into_keys()
            .map(|path| (path, revision.with_node(node("other"))))
            .collect();
        ServerDocument {
            revision,
            field_revisions,
            content,
            deleted: false,
        }
    }

    fn tombstone(&mut self) -> ServerDocument {
        let revision = self.stamp("server~");
        let deletion = (Path::of_key(DELETED), revision.with_node(node("other")));
        ServerDocument {
            revision,
            field_revisions: [deletion].into(),
            content: Document::new(),
            deleted: true,
        }
    }

    pub(crate) fn stamp(&mut self, name: &str) -> Hlc {
        self.time += 1;
        Hlc::new(UnixMillis(self.time), node(name)).unwrap()
    }
}

/// So many cases; what fails becomes a story, not a file of seeds.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

pub(crate) fn node(name: &str) -> Node {
    Node::new(name).unwrap()
}

/// Small documents, so that edits meet at the same paths and objects stand where values stood.
pub(crate) fn document() -> impl Strategy<Value = Document> {
    collection::btree_map(prop::sample::select(vec!["a", "b", "c"]), value(), 0..4).prop_map(
        |fields| {
            fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()
        },
    )
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (0..4).prop_map(Value::from),
        Just(json!({})),
        Just(json!({ "x": 1 })),
        (0..3).prop_map(|number| json!({ "x": number, "y": { "z": number } })),
        Just(json!([1, 2])),
    ]
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => document().prop_map(Event::Edit),
        2 => Just(Event::Delete),
        4 => Just(Event::Push),
        1 => Just(Event::Lose),
        1 => Just(Event::Refuse),
        2 => Just(Event::AnswerAsPushed),
        1 => Just(Event::AnswerUnchanged),
        2 => document().prop_map(Event::Answer),
        1 => Just(Event::AnswerDeleted),
        2 => document().prop_map(Event::Receive),
        1 => Just(Event::ReceiveDeleted),
        1 => Just(Event::Remove),
        1 => Just(Event::Miss),
    ]
}

/// A device after any history.
pub(crate) fn device() -> impl Strategy<Value = Device> {
    collection::vec(event(), 0..14).prop_map(Device::after)
}
