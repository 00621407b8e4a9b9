use reqwest::StatusCode;
use serde_json::{Value, json};
use syncline_tests::{
    Replica, TestServer,
    replica::{change, deletion, stamp},
};

use crate::support::{USER, fields, get, is, note, push, refuses, restore, write};

async fn revision(server: &TestServer, key: &str) -> Value {
    get(server, USER, &note(key)).await.body["document"]["_rev"].clone()
}

#[tokio::test]
async fn a_restored_version_syncs_like_any_edit() {
    let server = TestServer::start().await;
    let old = json!({ "title": "old", "gone": 1, "in": { "a": 1 } });
    write(&server, "1", &old, 0).await;
    let wanted = revision(&server, "1").await;
    let new = json!({ "title": "new", "added": true, "in": { "a": 2 } });
    let clock = get(&server, USER, &note("1")).await.body["clock"].clone();
    let mut edit = change("1", &new, &stamp("phone", 1));
    edit["baseClock"] = clock;
    edit["fieldRevs"]["gone"] = stamp("phone", 1).into();
    push(&server, "notes", &[edit]).await;
    assert_eq!(
        fields(&get(&server, USER, &note("1")).await.body["document"]),
        new
    );

    let mut replica = Replica::new("notes");
    replica.sync(&server, USER, &[]).await;
    let restored = restore(&server, USER, &note("1"), &wanted).await;
    is(&restored, StatusCode::OK);
    assert_eq!(restored.body["conflicts"], json!([]));
    assert_eq!(fields(&restored.body["document"]), old);
    assert_ne!(restored.body["document"]["_rev"], wanted);
    replica.sync(&server, USER, &[]).await;
    assert_eq!(replica.documents()["1"], old);

    // Restoring what is there already changes nothing.
    let present = revision(&server, "1").await;
    for rev in [&wanted, &present] {
        let again = restore(&server, USER, &note("1"), rev).await;
        assert_eq!(again.body["document"]["_rev"], present);
    }
    server.finish().await;
}

#[tokio::test]
async fn a_deleted_document_comes_back() {
    let server = TestServer::start().await;
    let doc = json!({ "title": "a" });
    write(&server, "1", &doc, 0).await;
    let read = get(&server, USER, &note("1")).await.body;
    let mut gone = deletion("1", &stamp("phone", 1));
    gone["baseClock"] = read["clock"].clone();
    push(&server, "notes", &[gone]).await;
    let versions = get(&server, USER, &format!("{}/versions", note("1")))
        .await
        .body;
    let tombstone = &versions["versions"][0];
    assert_eq!(tombstone["_deleted"], true, "{versions}");

    let restored = restore(&server, USER, &note("1"), &read["document"]["_rev"]).await;
    is(&restored, StatusCode::OK);
    assert_eq!(fields(&restored.body["document"]), doc);
    let deleted = restore(&server, USER, &note("1"), &tombstone["_rev"]).await;
    is(&deleted, StatusCode::OK);
    assert_eq!(deleted.body["document"], Value::Null);
    let missing = get(&server, USER, &note("1")).await;
    refuses(&missing, StatusCode::NOT_FOUND, "not_found");
    server.finish().await;
}

/// A device that edits at the same time merges with the restoration.
#[tokio::test]
async fn an_edit_from_before_a_restoration_merges_with_it() {
    let server = TestServer::start().await;
    write(&server, "1", &json!({ "title": "old", "done": false }), 0).await;
    let wanted = revision(&server, "1").await;
    write(&server, "1", &json!({ "title": "new", "done": false }), 1).await;
    let base = get(&server, USER, &note("1")).await.body["clock"].clone();
    is(
        &restore(&server, USER, &note("1"), &wanted).await,
        StatusCode::OK,
    );
    let mut edit = change(
        "1",
        &json!({ "title": "new", "done": true }),
        &stamp("phone", 2),
    );
    edit["fieldRevs"] = json!({ "done": stamp("phone", 2) });
    edit["baseClock"] = base;
    push(&server, "notes", &[edit]).await;
    let merged = get(&server, USER, &note("1")).await.body;
    assert_eq!(
        fields(&merged["document"]),
        json!({ "title": "old", "done": true })
    );
    server.finish().await;
}

#[tokio::test]
async fn only_a_kept_version_is_restored() {
    let server = TestServer::start().await;
    write(&server, "1", &json!({ "title": "a" }), 0).await;
    let other = restore(&server, USER, &note("1"), &stamp("phone", 9).into()).await;
    refuses(&other, StatusCode::NOT_FOUND, "not_found");
    let missing = restore(&server, USER, &note("2"), &stamp("phone", 9).into()).await;
    refuses(&missing, StatusCode::NOT_FOUND, "not_found");
    let wrong = restore(&server, USER, &note("1"), &json!(1)).await;
    refuses(&wrong, StatusCode::BAD_REQUEST, "bad_request");
    server.finish().await;
}
