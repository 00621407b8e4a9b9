//! A caller of the protocol who keeps exactly what it is told.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use syncline_application::ports::Clock;
use syncline_cli::clock::SystemClock;
use syncline_domain::hlc::UnixMillis;

use crate::Endpoint;

/// The present time.
#[must_use]
pub fn now() -> UnixMillis {
    SystemClock.now()
}

/// The revision of an edit made now by `node`; one node's `sequence` tells its edits apart.
#[must_use]
pub fn stamp(node: &str, sequence: usize) -> String {
    format!("{:013x}-{sequence:06x}-{node}", now().0)
}

/// A change that makes `doc` the document, every field of it edited at `revision`.
#[must_use]
pub fn change(key: &str, doc: &Value, revision: &str) -> Value {
    let fields = doc.as_object().expect("a document is an object");
    let revisions: serde_json::Map<_, _> = fields
        .keys()
        .map(|field| (field.clone(), Value::from(revision)))
        .collect();
    json!({ "key": key, "doc": doc, "fieldRevs": revisions })
}

/// A change that deletes a document.
#[must_use]
pub fn deletion(key: &str, revision: &str) -> Value {
    json!({ "key": key, "deleted": true, "fieldRevs": { "_deleted": revision } })
}

/// The documents of a collection as far as their caller was told of them.
#[derive(Clone, Debug)]
pub struct Replica {
    collection: String,
    limit: Option<u32>,
    clock: Option<Value>,
    documents: BTreeMap<String, Value>,
    told: BTreeMap<(String, String), u32>,
    /// How many answers said `reset`.
    pub resets: u32,
}

impl Replica {
    /// A caller that has seen nothing and takes all at once.
    #[must_use]
    pub fn new(collection: &str) -> Self {
        Self {
            collection: collection.to_owned(),
            limit: None,
            clock: None,
            documents: BTreeMap::new(),
            told: BTreeMap::new(),
            resets: 0,
        }
    }

    /// The same, which takes at most so many documents in an answer.
    #[must_use]
    pub fn paged(collection: &str, limit: u32) -> Self {
        Self {
            limit: Some(limit),
            ..Self::new(collection)
        }
    }

    /// The documents, tombstones left out.
    #[must_use]
    pub fn documents(&self) -> &BTreeMap<String, Value> {
        &self.documents
    }

    /// The clock of the last answer.
    #[must_use]
    pub fn clock(&self) -> &Value {
        self.clock.as_ref().unwrap_or(&Value::Null)
    }

    /// The states of documents that came twice, without a reset in between.
    #[must_use]
    pub fn told_twice(&self) -> Vec<&(String, String)> {
        self.told
            .iter()
            .filter(|(_, count)| **count > 1)
            .map(|(state, _)| state)
            .collect()
    }

    /// The body of the next request.
    #[must_use]
    pub fn body(&self, changes: &[Value]) -> Value {
        let mut body = json!({
            "collection": self.collection, "protocol": 2, "echo": false, "changes": changes,
        });
        if let Some(clock) = &self.clock {
            body["clientClock"] = clock.clone();
        }
        if let Some(limit) = self.limit {
            body["limit"] = limit.into();
        }
        body
    }

    /// Takes the answer to a request with these changes in. Returns whether more is waiting.
    pub fn apply(&mut self, answer: &Value, changes: &[Value]) -> bool {
        if answer["reset"] == true {
            self.resets += 1;
            self.documents.clear();
            self.told.clear();
        }
        for accepted in list(&answer["accepted"]) {
            let pushed = changes
                .iter()
                .find(|change| change["key"] == accepted["key"]);
            let pushed = pushed.expect("only what was pushed is accepted");
            self.take(
                text(&accepted["key"]),
                text(&accepted["rev"]),
                pushed.get("doc").cloned(),
            );
        }
        for state in list(&answer["serverChanges"]) {
            self.take(text(&state["_key"]), text(&state["_rev"]), fields(state));
        }
        self.clock = Some(answer["serverClock"].clone());
        answer["hasMore"] == true
    }

    /// Pushes changes and pulls until nothing is waiting.
    pub async fn sync(&mut self, server: &impl Endpoint, user: &str, changes: &[Value]) {
        let answer = server.sync(user, self.body(changes)).await;
        let mut has_more = self.apply(&answer, changes);
        while has_more {
            let answer = server.sync(user, self.body(&[])).await;
            has_more = self.apply(&answer, &[]);
        }
    }

    fn take(&mut self, key: &str, revision: &str, document: Option<Value>) {
        *self
            .told
            .entry((key.to_owned(), revision.to_owned()))
            .or_default() += 1;
        match document {
            Some(document) => self.documents.insert(key.to_owned(), document),
            None => self.documents.remove(key),
        };
    }
}

/// The application's fields of a document; none if it is a tombstone.
fn fields(state: &Value) -> Option<Value> {
    if state["_deleted"] == true {
        return None;
    }
    let mut fields = state.as_object().expect("a document is an object").clone();
    fields.retain(|name, _| !name.starts_with('_'));
    Some(Value::Object(fields))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("keys and revisions are texts")
}
