use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::TestServer;

use crate::reader::{Reader, found, patch, send};

const PATH: &str = "/docIndex/todo/plan";

async fn with_a_document(server: &TestServer) {
    let mut ada = Reader::new(server, "ada");
    let change = ada.edit(None, "plan", &json!({ "title": "Plan" }));
    ada.push(&[change]).await;
}

#[tokio::test]
async fn a_document_is_private_until_its_owner_says_otherwise() {
    let server = TestServer::start().await;
    with_a_document(&server).await;
    let entry = send(&server, "ada", Method::GET, PATH, &Value::Null).await;
    assert_eq!(entry.status, StatusCode::OK);
    let mut expected = json!({
        "docKey": "plan", "userId": "ada", "app": "todo", "collection": "notes",
        "visibility": "private", "sharedWith": [], "shareToken": null,
    });
    expected["createdAt"] = entry.body["createdAt"].clone();
    expected["updatedAt"] = entry.body["createdAt"].clone();
    assert_eq!(entry.body, expected);
    let shared = patch(
        &server,
        "ada",
        "plan",
        json!({ "sharedWith": [{ "userId": "bob", "app": "todo", "access": "write" }] }),
    )
    .await;
    assert_eq!(shared["visibility"], "shared");
    let with_bob = json!([{ "userId": "bob", "app": "todo", "access": "write" }]);
    assert_eq!(shared["sharedWith"], with_bob);
    let private = patch(
        &server,
        "ada",
        "plan",
        json!({ "visibility": "private", "unshare": [{ "userId": "bob", "app": "todo" }] }),
    )
    .await;
    assert_eq!(private["visibility"], "private");
    assert_eq!(private["sharedWith"], json!([]));
    server.finish().await;
}

#[tokio::test]
async fn others_are_told_that_there_is_no_such_document() {
    let server = TestServer::start().await;
    with_a_document(&server).await;
    patch(&server, "ada", "plan", json!({ "visibility": "public" })).await;
    let token = format!("{PATH}/shareToken");
    for (method, path, body) in [
        (Method::GET, PATH, Value::Null),
        (Method::PATCH, PATH, json!({ "visibility": "private" })),
        (Method::POST, token.as_str(), Value::Null),
        (Method::DELETE, token.as_str(), Value::Null),
        (Method::GET, "/docIndex/todo/none", Value::Null),
        (Method::GET, "/docIndex/no%20application/plan", Value::Null),
    ] {
        let refused = send(&server, "bob", method, path, &body).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(refused.body["code"], "not_found");
    }
    server.finish().await;
}

#[tokio::test]
async fn changes_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    with_a_document(&server).await;
    let club = found(&server, "eve", &[]).await;
    for (change, place) in [
        (json!({ "visibility": "everybody" }), "visibility"),
        (json!({ "visible": true }), "visible"),
        (json!({ "sharedWith": [{ "userId": "ada" }] }), "sharedWith"),
        (json!({ "sharedWith": [{ "userId": "" }] }), "sharedWith"),
        (
            json!({ "sharedWith": [{ "userId": "bob", "app": "shopping-list" }] }),
            "app",
        ),
        (
            json!({ "sharedWith": [{ "userId": "bob", "access": "own" }] }),
            "access",
        ),
        (json!({ "visibility": "org" }), "orgId"),
        (json!({ "visibility": "org", "orgId": club }), "orgId"),
        (json!({ "visibility": "public", "orgId": club }), "orgId"),
    ] {
        let refused = send(&server, "ada", Method::PATCH, PATH, &change).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{change}");
        let sentence = refused.body["error"].as_str().unwrap_or_default();
        assert!(sentence.contains(place), "{change}: {sentence}");
    }
    server.finish().await;
}

#[tokio::test]
async fn a_key_that_stands_in_two_collections_needs_one_named() {
    let server = TestServer::start().await;
    with_a_document(&server).await;
    let other = json!({
        "collection": "other",
        "changes": [{ "key": "plan", "doc": {}, "fieldRevs": {} }],
    });
    server.sync("ada", other).await;
    let which = send(&server, "ada", Method::GET, PATH, &Value::Null).await;
    assert_eq!(which.status, StatusCode::CONFLICT);
    let named = format!("{PATH}?collection=other");
    let named = send(&server, "ada", Method::GET, &named, &Value::Null).await;
    assert_eq!(named.body["collection"], "other");
    server.finish().await;
}
