//! What an answer holds, and what it holds only when it is asked for.

use serde_json::{Value, json};
use syncline_tests::TestServer;

use crate::device::{Device, clock, keys, members};

#[tokio::test]
async fn a_client_of_the_predecessor_gets_what_it_knows() {
    let server = TestServer::start().await;
    let mut phone = Device::new(&server, "phone", "notes");
    let change = phone.change("1", json!({ "title": "Milk", "at": { "shop": "A" } }), 1);
    let mut body = phone.body(&[change]);
    for member in ["protocol", "node"] {
        body.as_object_mut().unwrap().remove(member);
    }
    let first = phone.send(&body).await;
    assert_eq!(
        members(&first),
        ["conflicts", "serverChanges", "serverClock"]
    );
    let document = &first["serverChanges"][0];
    assert_eq!(
        *document,
        json!({
            "_key": "1", "_rev": document["_rev"], "title": "Milk", "at": { "shop": "A" },
            "_fieldRevs": { "title": clock(1, "phone"), "at.shop": clock(1, "phone") },
        })
    );
    body["changes"] = json!([]);
    body["clientClock"] = first["serverClock"].clone();
    phone.delete("1", 2).await;
    let after_deletion = phone.send(&body).await;
    assert_eq!(after_deletion["serverChanges"], json!([]));
    phone.edit("2", json!({ "title": "Bread" }), 3).await;
    body["clientClock"] = format!("{}x", first["serverClock"].as_str().unwrap()).into();
    let after_forgery = phone.send(&body).await;
    assert_eq!(
        members(&after_forgery),
        ["conflicts", "serverChanges", "serverClock"]
    );
    assert_eq!(keys(&after_forgery), ["2"]);
    server.finish().await;
}

#[tokio::test]
async fn without_echo_the_caller_hears_what_it_does_not_have() {
    let server = TestServer::start().await;
    let mut phone = Device::new(&server, "phone", "notes");
    let mut laptop = Device::new(&server, "laptop", "notes");
    phone.edit("1", json!({ "title": "Milk" }), 1).await;
    laptop.pull().await;
    phone
        .edit("1", json!({ "title": "Milk", "shop": "A" }), 2)
        .await;
    phone.edit("2", json!({ "title": "Bread" }), 2).await;
    let changes = [
        laptop.change("1", json!({ "title": "Oat milk" }), 3),
        laptop.change("3", json!({ "title": "Salt" }), 3),
        syncline_tests::replica::deletion("4", &clock(3, "laptop")),
    ];
    let mut body = laptop.body(&changes);
    body["echo"] = json!(false);
    let answer = laptop.send(&body).await;
    let mut heard = keys(&answer);
    heard.sort_unstable();
    assert_eq!(heard, ["1", "2"]);
    let accepted = answer["accepted"].as_array().unwrap();
    let accepted_keys: Vec<_> = accepted
        .iter()
        .map(|it| it["key"].as_str().unwrap())
        .collect();
    assert_eq!(accepted_keys, ["3", "4"]);
    let documents = laptop.stored().await;
    let salt = documents
        .iter()
        .find(|document| document["_key"] == "3")
        .unwrap();
    assert_eq!(accepted[0], json!({ "key": "3", "rev": salt["_rev"] }));
    // It has heard all of it.
    laptop.clock = answer["serverClock"].clone();
    assert_eq!(laptop.pull().await["serverChanges"], json!([]));
    server.finish().await;
}

#[tokio::test]
async fn with_echo_the_caller_hears_its_own_documents_once() {
    let server = TestServer::start().await;
    let mut phone = Device::new(&server, "phone", "notes");
    let answer = phone.edit("1", json!({ "title": "Milk" }), 1).await;
    assert_eq!((keys(&answer), answer.get("accepted")), (vec!["1"], None));
    assert_eq!(phone.pull().await["serverChanges"], json!([]));
    server.finish().await;
}

#[tokio::test]
async fn the_same_change_again_changes_nothing() {
    let server = TestServer::start().await;
    let phone = Device::new(&server, "phone", "notes");
    let changes = [
        phone.change(
            "1",
            json!({ "text": "one\ntwo\n", "n": 1, "none": null }),
            1,
        ),
        phone.change("2", json!({}), 1),
        syncline_tests::replica::deletion("3", &clock(1, "phone")),
    ];
    let first = phone.send(&phone.body(&changes)).await;
    let mut laptop = phone.synced("laptop").await;
    for _ in 0..3 {
        let again = phone.send(&phone.body(&changes)).await;
        assert_eq!(
            (&again["conflicts"], again.get("reset")),
            (&json!([]), None)
        );
        assert_eq!(revisions(&again), revisions(&first));
    }
    assert_eq!(laptop.pull().await["serverChanges"], json!([]));
    server.finish().await;
}

fn revisions(answer: &Value) -> Vec<&str> {
    let documents = answer["serverChanges"].as_array().unwrap();
    documents
        .iter()
        .map(|document| document["_rev"].as_str().unwrap())
        .collect()
}
