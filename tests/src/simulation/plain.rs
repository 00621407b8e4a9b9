use std::collections::BTreeMap;

use serde_json::{Value, json};
use syncline_client::{Document, Hlc, Node, UnixMillis};
use syncline_domain::{
    document::diff,
    merge::{DELETED, FieldRevisions},
};

/// A device that knows the protocol of Syncline's predecessor alone: it names neither itself nor
/// what its values were made from, hears of no deletion, and overwrites what it has with what the
/// server sends.
#[derive(Clone, Debug)]
pub(super) struct PlainDevice {
    collection: String,
    clock: Hlc,
    server_clock: Option<Value>,
    documents: BTreeMap<String, Copy>,
}

#[derive(Clone, Debug, Default)]
struct Copy {
    content: Document,
    revisions: FieldRevisions,
    /// The server's clock of the answer that brought it.
    base: Option<Value>,
    is_edited: bool,
}

impl PlainDevice {
    pub(super) fn new(collection: &str, node: Node) -> Self {
        Self {
            collection: collection.to_owned(),
            clock: Hlc::zero().with_node(node),
            server_clock: None,
            documents: BTreeMap::new(),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Document> {
        Some(self.documents.get(key)?.content.clone())
    }

    pub(super) fn documents(&self) -> BTreeMap<String, Value> {
        let copies = self.documents.iter();
        copies
            .map(|(key, copy)| (key.clone(), Value::Object(copy.content.clone())))
            .collect()
    }

    pub(super) fn is_edited(&self) -> bool {
        self.documents.values().any(|copy| copy.is_edited)
    }

    pub(super) fn edit(&mut self, key: &str, content: &Document, now: UnixMillis) {
        self.clock = self.clock.tick(now).expect("the clock advances");
        let copy = self.documents.entry(key.to_owned()).or_default();
        let difference = diff(&copy.content, content);
        let changed = difference.changed.into_keys();
        let paths: Vec<_> = changed.chain(difference.removed).collect();
        copy.revisions
            .extend(paths.into_iter().map(|path| (path, self.clock.clone())));
        copy.content.clone_from(content);
        copy.is_edited = true;
    }

    pub(super) fn body(&self) -> Value {
        let edited = self.documents.iter().filter(|(_, copy)| copy.is_edited);
        let changes: Vec<_> = edited.map(|(key, copy)| copy.change(key)).collect();
        let mut body = json!({ "collection": self.collection, "changes": changes });
        if let Some(clock) = &self.server_clock {
            body["clientClock"] = clock.clone();
        }
        body
    }

    pub(super) fn apply(&mut self, answer: &Value, now: UnixMillis) {
        let clock = &answer["serverClock"];
        for copy in self.documents.values_mut() {
            copy.is_edited = false;
        }
        for state in answer["serverChanges"].as_array().into_iter().flatten() {
            let key = state["_key"].as_str().expect("a key is a text");
            let mut content = state.as_object().expect("a document is an object").clone();
            content.retain(|name, _| !name.starts_with('_'));
            let mut revisions: FieldRevisions =
                serde_json::from_value(state["_fieldRevs"].clone()).expect("they are revisions");
            revisions.remove(DELETED);
            let copy = Copy {
                content,
                revisions,
                base: Some(clock.clone()),
                is_edited: false,
            };
            self.documents.insert(key.to_owned(), copy);
        }
        let heard = clock.as_str().and_then(|clock| clock.parse::<Hlc>().ok());
        let heard = heard.expect("an answer has a clock");
        self.clock = self.clock.receive(&heard, now).expect("the clock advances");
        self.server_clock = Some(clock.clone());
    }
}

impl Copy {
    fn change(&self, key: &str) -> Value {
        let mut change = json!({ "key": key, "doc": self.content, "fieldRevs": self.revisions });
        if let Some(base) = &self.base {
            change["baseClock"] = base.clone();
        }
        change
    }
}
