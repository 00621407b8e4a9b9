//! A device that says exactly what a test tells it to.

use std::sync::LazyLock;

use serde_json::{Value, json};
use syncline_tests::{TestServer, first_sync, replica::now};

pub(crate) const USER: &str = "ada";

/// An hour ago: long enough for every test, and nothing is purged that is so young.
static START: LazyLock<u64> = LazyLock::new(|| now().0 - 60 * 60 * 1000);

/// A clock of a device, so many seconds after the story began.
pub(crate) fn clock(seconds: u64, node: &str) -> String {
    format!("{:013x}-000000-{node}", *START + seconds * 1000)
}

/// What a device has seen of a collection.
#[derive(Clone)]
pub(crate) struct Device<'s> {
    server: &'s TestServer,
    pub(crate) node: &'static str,
    pub(crate) application: &'static str,
    collection: &'static str,
    /// The clock of the last answer.
    pub(crate) clock: Value,
}

impl<'s> Device<'s> {
    /// A device that has seen nothing.
    pub(crate) fn new(
        server: &'s TestServer,
        node: &'static str,
        collection: &'static str,
    ) -> Self {
        Self {
            server,
            node,
            application: "todo",
            collection,
            clock: Value::Null,
        }
    }

    /// A device that has seen all.
    pub(crate) async fn synced(&self, node: &'static str) -> Self {
        let mut device = Self {
            node,
            ..self.clone()
        };
        device.pull().await;
        device
    }

    /// The body of a request with these changes, which were made from what the device has seen.
    pub(crate) fn body(&self, changes: &[Value]) -> Value {
        let mut body = first_sync(self.collection);
        body["node"] = self.node.into();
        body["changes"] = changes.into();
        if !self.clock.is_null() {
            body["clientClock"] = self.clock.clone();
            for change in body["changes"].as_array_mut().unwrap() {
                change["baseClock"] = self.clock.clone();
            }
        }
        body
    }

    /// Sends a body, whose answer gets lost.
    pub(crate) async fn send(&self, body: &Value) -> Value {
        let answer = self.server.post_sync(USER, self.application, body).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        answer.body
    }

    /// Pushes and hears the answer.
    pub(crate) async fn push(&mut self, changes: &[Value]) -> Value {
        let answer = self.send(&self.body(changes)).await;
        self.clock = answer["serverClock"].clone();
        answer
    }

    /// Pushes a document, every field of which was edited at so many seconds.
    pub(crate) async fn edit(&mut self, key: &str, doc: Value, seconds: u64) -> Value {
        let change = self.change(key, doc, seconds);
        self.push(&[change]).await
    }

    /// That change.
    pub(crate) fn change(&self, key: &str, doc: Value, seconds: u64) -> Value {
        syncline_tests::replica::change(key, &doc, &clock(seconds, self.node))
    }

    /// Pushes a deletion.
    pub(crate) async fn delete(&mut self, key: &str, seconds: u64) -> Value {
        let revision = clock(seconds, self.node);
        self.push(&[syncline_tests::replica::deletion(key, &revision)])
            .await
    }

    /// Pulls.
    pub(crate) async fn pull(&mut self) -> Value {
        self.push(&[]).await
    }

    /// What an answer tells of, and those after it that it says are to come, so many at a time.
    pub(crate) async fn told(&mut self, mut answer: Value, limit: u32) -> Vec<Value> {
        let mut told = Vec::new();
        loop {
            told.extend_from_slice(answer["serverChanges"].as_array().unwrap());
            self.clock = answer["serverClock"].clone();
            if answer.get("hasMore").is_none() {
                return told;
            }
            let mut body = self.body(&[]);
            body["limit"] = limit.into();
            answer = self.send(&body).await;
        }
    }

    /// The documents that a device which has seen nothing is told of.
    pub(crate) async fn stored(&self) -> Vec<Value> {
        let answer = self.send(&first_sync(self.collection)).await;
        answer["serverChanges"].as_array().unwrap().clone()
    }

    /// The fields of the only document that is stored.
    pub(crate) async fn only_document(&self) -> Value {
        let [document] = &self.stored().await[..] else {
            panic!("there is one document")
        };
        fields(document)
    }
}

/// A document without what the server adds.
pub(crate) fn fields(document: &Value) -> Value {
    let mut fields = document.as_object().unwrap().clone();
    fields.retain(|name, _| !name.starts_with('_'));
    Value::Object(fields)
}

/// The keys of documents, in their order.
pub(crate) fn keys(answer: &Value) -> Vec<&str> {
    let documents = answer["serverChanges"].as_array().unwrap();
    documents
        .iter()
        .map(|document| document["_key"].as_str().unwrap())
        .collect()
}

/// The names of an object's members.
pub(crate) fn members(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// A report of a conflict, as the contract writes it.
pub(crate) fn report(
    field: &str,
    local: (&str, Value),
    remote: (&str, Value),
    winner: &str,
) -> Value {
    let winner_value = if winner == "local" {
        &local.1
    } else {
        &remote.1
    };
    json!({
        "key": "1", "field": field, "localRev": local.0, "remoteRev": remote.0,
        "localValue": local.1, "remoteValue": remote.1,
        "winner": winner, "winnerValue": winner_value,
    })
}
