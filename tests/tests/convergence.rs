//! Whatever devices do offline and whatever the network does to them: they end with the same
//! documents, and no edit goes without a report.
//!
//! Which seeds run can be chosen: see `syncline_tests::simulation::simulate`.

#![cfg(test)]

use std::sync::Arc;

use serde_json::json;
use syncline_client::{
    CollectionName, DocumentId, HttpTransport, Node, SyncClient, UnixMillis, sync,
};
use syncline_tests::{
    TestServer,
    replica::now,
    simulation::{self, Plan},
};
use tokio::task::JoinSet;

/// How many seeds of each plan run by default.
const SEEDS: u64 = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_converge() {
    simulate(Plan::Everything).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_of_the_predecessor_converge_with_ours() {
    simulate(Plan::WithPredecessors).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_inserted_into_a_text_is_there_once() {
    simulate(Plan::Lines).await;
}

async fn simulate(plan: Plan) {
    let server = Arc::new(TestServer::start().await);
    simulation::simulate(&server, plan, SEEDS).await;
    Arc::into_inner(server)
        .expect("every run has ended")
        .finish()
        .await;
}

#[tokio::test]
async fn an_edit_made_before_and_delivered_after_anothers_sync_is_kept() {
    let server = TestServer::start().await;
    let transport = transport(&server);
    let [mut early, mut late, mut third] = ["early", "late", "third"].map(client);
    edit(&mut early, "note", "title", "", now());
    for client in [&mut early, &mut late, &mut third] {
        sync(client, &transport, now()).await.unwrap();
    }
    let before = UnixMillis(now().0 - 60_000);
    edit(&mut early, "note", "title", "made first", before);
    edit(&mut early, "other", "title", "made first", before);
    edit(&mut late, "note", "done", "made later", now());
    for client in [&mut late, &mut third, &mut early] {
        let applied = sync(client, &transport, now()).await.unwrap();
        assert_eq!(applied.conflicts, []);
    }
    for client in [&mut late, &mut third] {
        sync(client, &transport, now()).await.unwrap();
    }
    for client in [&early, &late, &third] {
        let note = client
            .get(&DocumentId::own("note").unwrap())
            .map(serde_json::Value::Object);
        assert_eq!(
            note,
            Some(json!({ "title": "made first", "done": "made later" }))
        );
        assert_eq!(client.documents().count(), 2);
    }
    server.finish().await;
}

/// Really at the same time: each waits for the others' locks, and merges with what they wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_that_insert_into_a_text_at_the_same_time_lose_no_line() {
    const DEVICES: usize = 6;
    const ROUNDS: usize = 10;
    let server = TestServer::start().await;
    let transport = transport(&server);
    let mut clients: Vec<_> = (0..DEVICES)
        .map(|number| client(&format!("device-{number}")))
        .collect();
    edit(&mut clients[0], "note", "text", "", now());
    for client in &mut clients {
        sync(client, &transport, now()).await.unwrap();
    }
    let mut devices = JoinSet::new();
    for mut client in clients {
        let transport = transport.clone();
        devices.spawn(async move {
            for round in 0..ROUNDS {
                let text = text(&client) + &format!("{} {round}\n", client.node().as_str());
                edit(&mut client, "note", "text", &text, now());
                sync(&mut client, &transport, now()).await.unwrap();
            }
            client
        });
    }
    let mut clients = devices.join_all().await;
    for client in &mut clients {
        sync(client, &transport, now()).await.unwrap();
        let text = text(client);
        let lines: std::collections::BTreeSet<_> = text.lines().collect();
        assert_eq!(
            (lines.len(), text.lines().count()),
            (DEVICES * ROUNDS, DEVICES * ROUNDS)
        );
    }
    assert!(
        clients
            .iter()
            .all(|client| text(client) == text(&clients[0]))
    );
    server.finish().await;
}

fn transport(server: &TestServer) -> HttpTransport {
    let address = format!("http://{}", server.address());
    HttpTransport::new(&address, "todo", &server.token("ada"), None).unwrap()
}

fn client(node: &str) -> SyncClient {
    SyncClient::new(
        CollectionName::new("notes").unwrap(),
        Node::new(node).unwrap(),
    )
}

fn text(client: &SyncClient) -> String {
    let document = client.get(&DocumentId::own("note").unwrap()).unwrap();
    document["text"].as_str().unwrap().to_owned()
}

fn edit(client: &mut SyncClient, key: &str, field: &str, value: &str, now: UnixMillis) {
    let id = DocumentId::own(key).unwrap();
    let mut document = client.get(&id).unwrap_or_default();
    document.insert(field.to_owned(), value.into());
    client.edit(&id, &document, now).unwrap();
}
