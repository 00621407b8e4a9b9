use std::collections::BTreeMap;

use serde_json::Value;
use syncline_client::{
    CollectionName, Document, DocumentId, Node, Snapshot, SyncClient, UnixMillis,
};

use super::plain::PlainDevice;

/// A device of either kind, with a wall clock that is some milliseconds off.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) name: String,
    /// How far its wall clock is from the true time.
    pub(super) drift: i64,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Client(Box<SyncClient>),
    Plain(PlainDevice),
}

impl Device {
    pub(super) fn client(name: &str, collection: &str, drift: i64, page: Option<u32>) -> Self {
        let collection = CollectionName::new(collection).expect("it is a name");
        let client = SyncClient::new(collection, node(name)).with_page_size(page);
        Self {
            name: name.to_owned(),
            drift,
            kind: Kind::Client(Box::new(client)),
        }
    }

    pub(super) fn plain(name: &str, collection: &str, drift: i64) -> Self {
        let device = PlainDevice::new(collection, node(name));
        Self {
            name: name.to_owned(),
            drift,
            kind: Kind::Plain(device),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Document> {
        match &self.kind {
            Kind::Client(client) => client.get(&id(key)),
            Kind::Plain(device) => device.get(key),
        }
    }

    pub(super) fn documents(&self) -> BTreeMap<String, Value> {
        match &self.kind {
            Kind::Client(client) => {
                let documents = client.documents();
                documents
                    .map(|(id, document)| (id.key.to_string(), document.into()))
                    .collect()
            }
            Kind::Plain(device) => device.documents(),
        }
    }

    pub(super) fn is_edited(&self) -> bool {
        match &self.kind {
            Kind::Client(client) => client.pending().next().is_some(),
            Kind::Plain(device) => device.is_edited(),
        }
    }

    /// Makes `content` the document. Plain devices delete nothing.
    pub(super) fn edit(&mut self, key: &str, content: Option<&Document>, now: UnixMillis) {
        match (&mut self.kind, content) {
            (Kind::Client(client), Some(content)) => {
                client
                    .edit(&id(key), content, now)
                    .expect("the edit is valid");
            }
            (Kind::Client(client), None) => {
                client.delete(&id(key), now).expect("the clock advances");
            }
            (Kind::Plain(device), Some(content)) => device.edit(key, content, now),
            (Kind::Plain(_), None) => {}
        }
    }

    /// The body of its next request.
    pub(super) fn begin(&mut self) -> Value {
        match &mut self.kind {
            Kind::Client(client) => {
                let request = client.begin_sync().expect("no request is under way");
                serde_json::to_value(request).expect("a request is JSON")
            }
            Kind::Plain(device) => device.body(),
        }
    }

    /// Takes an answer in. Returns whether to sync again at once.
    pub(super) fn apply(&mut self, answer: &Value, now: UnixMillis) -> Result<bool, String> {
        match &mut self.kind {
            Kind::Client(client) => {
                let answer = serde_json::from_value(answer.clone())
                    .map_err(|error| format!("the answer cannot be read: {error}: {answer}"))?;
                let applied = client
                    .apply(answer, now)
                    .map_err(|error| error.to_string())?;
                Ok(applied.has_more)
            }
            Kind::Plain(device) => {
                device.apply(answer, now);
                Ok(false)
            }
        }
    }

    /// The answer will not come.
    pub(super) fn abandon(&mut self) {
        if let Kind::Client(client) = &mut self.kind {
            client.abandon();
        }
    }

    /// Ends the program and starts it again from what it kept.
    pub(super) fn restart(&mut self, page: Option<u32>) {
        if let Kind::Client(client) = &mut self.kind {
            let kept = serde_json::to_string(&client.snapshot()).expect("a snapshot is JSON");
            let kept: Snapshot = serde_json::from_str(&kept).expect("a snapshot is read back");
            let restored = SyncClient::restore(kept).expect("it is of this version");
            **client = restored.with_page_size(page);
        }
    }
}

fn node(name: &str) -> Node {
    Node::new(name).expect("a device's name is a node")
}

fn id(key: &str) -> DocumentId {
    DocumentId::own(key).expect("it is a key")
}
