//! The client against answers written as JSON, as a server writes them.

mod answers;
mod clock;
mod edits;
mod lost;
mod passes;
mod reset;
mod snapshots;

use serde_json::{Value, json};
use syncline_domain::{
    document::Document,
    hlc::{Node, UnixMillis},
    identifier::CollectionName,
};

use crate::{Applied, DocumentId, SyncClient};

fn client() -> SyncClient {
    SyncClient::new(
        CollectionName::new("tasks").unwrap(),
        Node::new("phone").unwrap(),
    )
}

fn id(key: &str) -> DocumentId {
    DocumentId::own(key).unwrap()
}

fn document(value: Value) -> Document {
    serde_json::from_value(value).unwrap()
}

fn at(millis: u64) -> UnixMillis {
    UnixMillis(millis)
}

/// A clock of the server.
fn clock(millis: u64) -> String {
    format!("{millis:013x}-000000-server~1")
}

/// The revision of the device's first edit at a time.
fn stamp(millis: u64) -> String {
    format!("{millis:013x}-000000-phone")
}

fn edit(client: &mut SyncClient, key: &str, content: Value, millis: u64) {
    assert!(
        client
            .edit(&id(key), &document(content), at(millis))
            .unwrap()
    );
}

/// The changes of the next request, as JSON.
fn begin(client: &mut SyncClient) -> Vec<Value> {
    let request = serde_json::to_value(client.begin_sync().unwrap()).unwrap();
    request["changes"].as_array().unwrap().clone()
}

/// An answer at `millis` with these members besides the usual ones.
fn apply(client: &mut SyncClient, millis: u64, members: Value) -> Applied {
    let mut answer = json!({ "serverClock": clock(millis), "serverChanges": [], "conflicts": [] });
    for (name, value) in document(members) {
        answer[name] = value;
    }
    client
        .apply(serde_json::from_value(answer).unwrap(), at(millis))
        .unwrap()
}

/// A document in an answer, stored at `millis`, each of its fields by another device.
fn stored(key: &str, content: Value, millis: u64) -> Value {
    let mut change = json!({ "_key": key, "_rev": clock(millis), "_fieldRevs": {} });
    for (name, value) in document(content) {
        change["_fieldRevs"][&name] = json!(format!("{millis:013x}-000000-laptop"));
        change[name] = value;
    }
    change
}

/// A client that has the documents from the server, in an answer at 100.
fn synced(documents: &[(&str, Value)]) -> SyncClient {
    let mut client = client();
    let changes: Vec<_> = documents
        .iter()
        .map(|(key, content)| stored(key, content.clone(), 50))
        .collect();
    assert_eq!(begin(&mut client), Vec::<Value>::new());
    apply(&mut client, 100, json!({ "serverChanges": changes }));
    client
}
