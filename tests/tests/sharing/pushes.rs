use reqwest::StatusCode;
use serde_json::json;
use syncline_tests::TestServer;

use crate::reader::{Reader, patch};

#[tokio::test]
async fn who_may_write_a_shared_document_merges_with_its_owner() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
    let change = ada.edit(
        None,
        "plan",
        &json!({ "title": "Plan", "notes": "one\ntwo\n" }),
    );
    ada.push(&[change]).await;
    let write = json!({ "sharedWith": [{ "userId": "bob", "access": "write" }] });
    patch(&server, "ada", "plan", write).await;
    bob.pull().await;
    ada.pull().await;
    // Both insert a line, and both change the title.
    let by_bob = json!({ "title": "Of Bob", "notes": "zero\none\ntwo\n" });
    let change = bob.edit(Some("ada"), "plan", &by_bob);
    let answer = bob.push(&[change]).await;
    assert_eq!(answer["conflicts"], json!([]));
    let by_ada = json!({ "title": "Of Ada", "notes": "one\ntwo\nthree\n" });
    let change = ada.edit(None, "plan", &by_ada);
    let answer = ada.push(&[change]).await;
    let fields: Vec<_> = answer["conflicts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|conflict| conflict["field"].clone())
        .collect();
    assert_eq!(fields, ["notes", "title"]);
    bob.pull().await;
    let merged = json!({
        "title": "Of Ada", "notes": "zero\none\ntwo\nthree\n", "_access": "write",
    });
    assert_eq!(bob.of("ada", "plan"), Some(&merged));
    server.finish().await;
}

#[tokio::test]
async fn who_may_not_write_is_refused_and_nothing_is_stored() {
    let server = TestServer::start().await;
    let mut ada = Reader::new(&server, "ada");
    let changes = ["hidden", "read"].map(|key| ada.edit(None, key, &json!({ "title": key })));
    ada.push(&changes).await;
    patch(&server, "ada", "read", json!({ "visibility": "public" })).await;
    let mut bob = Reader::new(&server, "bob");
    bob.pull().await;
    for (key, status, code) in [
        ("hidden", StatusCode::NOT_FOUND, "not_found"),
        ("none", StatusCode::NOT_FOUND, "not_found"),
        ("read", StatusCode::FORBIDDEN, "forbidden"),
    ] {
        let own = bob.edit(None, "own", &json!({ "title": "own" }));
        let change = bob.edit(Some("ada"), key, &json!({ "title": "Of Bob" }));
        let refused = bob.try_push(&[own, change]).await;
        assert_eq!(refused.status, status, "{}", refused.body);
        assert_eq!(refused.body["code"], code);
    }
    bob.pull().await;
    assert_eq!(bob.documents.len(), 1, "{:?}", bob.documents);
    ada.pull().await;
    assert_eq!(ada.documents.len(), 2);
    server.finish().await;
}

#[tokio::test]
async fn with_partial_the_other_changes_are_stored() {
    let server = TestServer::start().await;
    let mut ada = Reader::new(&server, "ada");
    let change = ada.edit(None, "hidden", &json!({ "title": "hidden" }));
    ada.push(&[change]).await;
    let bob = Reader::new(&server, "bob");
    let changes = [
        bob.edit(Some("ada"), "hidden", &json!({ "title": "Of Bob" })),
        bob.edit(None, "own", &json!({ "title": "own" })),
    ];
    let body = json!({
        "collection": "notes", "protocol": 2, "partial": true, "echo": false, "changes": changes,
    });
    let answer = server.sync("bob", body).await;
    assert_eq!(answer["accepted"][0]["key"], "own");
    let rejected = &answer["rejected"][0];
    assert_eq!(rejected["key"], "hidden");
    assert_eq!(rejected["owner"], "ada");
    assert_eq!(rejected["code"], "not_found");
    server.finish().await;
}

#[tokio::test]
async fn a_report_that_was_lost_with_its_answer_is_heard_again() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
    let change = ada.edit(None, "plan", &json!({ "title": "Plan" }));
    ada.push(&[change]).await;
    let write = json!({ "sharedWith": [{ "userId": "bob", "access": "write" }] });
    patch(&server, "ada", "plan", write).await;
    bob.pull().await;
    let lost = bob.edit(Some("ada"), "plan", &json!({ "title": "Of Bob" }));
    let change = ada.edit(None, "plan", &json!({ "title": "Of Ada" }));
    ada.push(&[change]).await;
    let answer = bob.try_push(&[lost]).await;
    assert_eq!(
        answer.body["conflicts"][0]["owner"], "ada",
        "{}",
        answer.body
    );
    // The answer is not taken in, so the next one says it again, to Bob alone.
    let heard = bob.as_device().await;
    assert_eq!(heard["conflicts"][0]["field"], "title");
    assert_eq!(heard["conflicts"][0]["reason"], "repeated");
    let of_ada = ada.as_device_named("bob").await;
    assert_eq!(of_ada["conflicts"], json!([]));
    server.finish().await;
}
