use reqwest::StatusCode;
use serde_json::json;
use syncline_tests::{
    TestServer, first_sync,
    replica::{change, deletion, stamp},
};

use crate::support::{USER, get, is, note, push, refuses, write};

#[tokio::test]
async fn a_document_is_what_a_pull_gives() {
    let server = TestServer::start().await;
    let doc = json!({ "title": "a \"quoted\" text\n", "tags": [1, 2], "in": { "side": null } });
    write(&server, "1", &doc, 0).await;
    let read = get(&server, USER, &note("1")).await;
    is(&read, StatusCode::OK);
    let pulled = server.sync(USER, first_sync("notes")).await;
    assert_eq!(read.body["document"], pulled["serverChanges"][0]);
    server.finish().await;
}

#[tokio::test]
async fn keys_and_collections_may_be_any_that_a_path_can_hold() {
    let server = TestServer::start().await;
    let (key, collection) = ("a/b c?d#e%f.é", "my notes");
    let changes = [change(key, &json!({ "n": 1 }), &stamp("phone", 0))];
    push(&server, collection, &changes).await;
    let path = "/todo/collections/my%20notes/documents/a%2Fb%20c%3Fd%23e%25f.%C3%A9";
    let read = get(&server, USER, path).await;
    is(&read, StatusCode::OK);
    assert_eq!(read.body["document"]["_key"], key);
    server.finish().await;
}

/// The clock says that this version was seen, and no later one.
#[tokio::test]
async fn the_clock_of_a_document_serves_as_base_clock() {
    let server = TestServer::start().await;
    write(&server, "1", &json!({ "title": "first", "done": false }), 0).await;
    let read = get(&server, USER, &note("1")).await.body;
    write(
        &server,
        "1",
        &json!({ "title": "second", "done": false }),
        1,
    )
    .await;
    let mut late = change(
        "1",
        &json!({ "title": "first", "done": true }),
        &stamp("tablet", 0),
    );
    late["fieldRevs"] = json!({ "done": stamp("tablet", 0) });
    late["baseClock"] = read["clock"].clone();
    let answer = push(&server, "notes", &[late]).await;
    assert_eq!(answer["conflicts"], json!([]), "{answer}");
    let merged = get(&server, USER, &note("1")).await.body;
    assert_eq!(merged["document"]["title"], "second");
    assert_eq!(merged["document"]["done"], true);
    server.finish().await;
}

#[tokio::test]
async fn what_is_deleted_or_never_was_is_not_found() {
    let server = TestServer::start().await;
    write(&server, "1", &json!({ "title": "a" }), 0).await;
    let clock = get(&server, USER, &note("1")).await.body["clock"].clone();
    let mut gone = deletion("1", &stamp("phone", 1));
    gone["baseClock"] = clock;
    push(&server, "notes", &[gone]).await;
    let long = "k".repeat(401);
    let paths = [
        note("1"),
        note("2"),
        note(&long),
        "/todo/collections/others/documents/1".to_owned(),
        "/nothing/collections/notes/documents/1".to_owned(),
    ];
    for path in paths {
        let answer = get(&server, USER, &path).await;
        refuses(&answer, StatusCode::NOT_FOUND, "not_found");
    }
    server.finish().await;
}
