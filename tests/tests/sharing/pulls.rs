use reqwest::{Method, StatusCode};
use serde_json::json;
use syncline_tests::{
    TestDatabase, TestServer,
    replica::{deletion, stamp},
};

use crate::reader::{Reader, found, join, leave, patch, send};

#[tokio::test]
async fn what_becomes_visible_arrives_and_what_is_no_longer_leaves_once() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
    let change = ada.edit(None, "plan", &json!({ "title": "Plan" }));
    ada.push(&[change]).await;
    // Both have a document with this key.
    let change = bob.edit(None, "plan", &json!({ "title": "Mine" }));
    bob.push(&[change]).await;
    bob.pull().await;
    patch(
        &server,
        "ada",
        "plan",
        json!({ "sharedWith": [{ "userId": "bob" }] }),
    )
    .await;
    bob.pull().await;
    let shared = json!({ "title": "Plan", "_access": "read" });
    assert_eq!(bob.of("ada", "plan"), Some(&shared));
    assert_eq!(bob.documents.len(), 2);
    bob.pull().await;
    assert!(bob.told.is_empty(), "{:?}", bob.told);
    let change = ada.edit(None, "plan", &json!({ "title": "Better" }));
    ada.push(&[change]).await;
    bob.pull().await;
    assert_eq!(bob.told.len(), 1);
    assert_eq!(
        bob.of("ada", "plan").map(|it| &it["title"]),
        Some(&json!("Better"))
    );
    let unshare = json!({ "unshare": [{ "userId": "bob" }] });
    patch(&server, "ada", "plan", unshare).await;
    bob.pull().await;
    let removed = json!({ "_key": "plan", "_owner": "ada", "_removed": true });
    assert_eq!(bob.told, [removed]);
    bob.pull().await;
    assert!(bob.told.is_empty());
    assert_eq!(bob.documents.len(), 1);
    server.finish().await;
}

#[tokio::test]
async fn a_deletion_reaches_those_who_saw_the_document() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
    let change = ada.edit(None, "plan", &json!({ "title": "Plan" }));
    ada.push(&[change]).await;
    patch(&server, "ada", "plan", json!({ "visibility": "public" })).await;
    bob.pull().await;
    assert!(bob.of("ada", "plan").is_some());
    ada.push(&[deletion("plan", &stamp("ada", 9))]).await;
    bob.pull().await;
    assert_eq!(bob.told.len(), 1);
    assert_eq!(bob.told[0]["_deleted"], true);
    let mut fresh = Reader::new(&server, "cyd");
    fresh.pull().await;
    assert!(fresh.told.is_empty(), "a first pull has no tombstones");
    server.finish().await;
}

#[tokio::test]
async fn members_see_what_is_visible_to_their_organisation_as_they_come_and_go() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
    let club = found(&server, "ada", &[]).await;
    let change = ada.edit(None, "plan", &json!({ "title": "Plan" }));
    ada.push(&[change]).await;
    patch(&server, "ada", "plan", json!({ "visibility": "org" })).await;
    bob.pull().await;
    assert_eq!(bob.of("ada", "plan"), None);
    for _ in 0..2 {
        join(&server, "ada", &club, "bob").await;
        bob.pull().await;
        assert!(bob.of("ada", "plan").is_some());
        leave(&server, &club, "bob").await;
        bob.pull().await;
        assert_eq!(bob.of("ada", "plan"), None);
        assert_eq!(bob.told[0]["_removed"], true);
    }
    server.finish().await;
}

/// Not even that something which was never theirs to see cannot be seen.
#[tokio::test]
async fn who_has_left_an_organisation_hears_nothing_more_of_its_documents() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
    let club = found(&server, "ada", &[]).await;
    join(&server, "ada", &club, "bob").await;
    let keys = ["again", "late", "plan", "secret"];
    let changes = keys.map(|key| ada.edit(None, key, &json!({ "title": key })));
    ada.push(&changes).await;
    for key in ["again", "plan"] {
        patch(&server, "ada", key, json!({ "visibility": "org" })).await;
    }
    bob.pull().await;
    patch(&server, "ada", "again", json!({ "visibility": "private" })).await;
    leave(&server, &club, "bob").await;
    for key in ["again", "late"] {
        patch(&server, "ada", key, json!({ "visibility": "org" })).await;
    }
    bob.pull().await;
    let told: Vec<_> = bob.told.iter().map(|told| &told["_key"]).collect();
    assert_eq!(told, ["again", "plan"]);
    assert!(bob.documents.is_empty(), "{:?}", bob.documents);
    patch(&server, "ada", "secret", json!({ "visibility": "org" })).await;
    let change = ada.edit(None, "plan", &json!({ "title": "Edited" }));
    ada.push(&[change]).await;
    bob.pull().await;
    assert!(bob.told.is_empty(), "{:?}", bob.told);
    server.finish().await;
}

/// Removals come once: when a document has been taken back, its edits are nobody else's business.
#[tokio::test]
async fn nobody_hears_of_edits_to_what_was_taken_back() {
    for open in [
        json!({ "visibility": "public" }),
        json!({ "visibility": "org" }),
        json!({ "sharedWith": [{ "userId": "bob" }] }),
    ] {
        let server = TestServer::start().await;
        let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
        found(&server, "ada", &["bob"]).await;
        let change = ada.edit(None, "plan", &json!({ "title": "Plan" }));
        ada.push(&[change]).await;
        patch(&server, "ada", "plan", open.clone()).await;
        patch(&server, "ada", "plan", json!({ "visibility": "private" })).await;
        bob.pull().await;
        for title in ["Secret", "More secret"] {
            let change = ada.edit(None, "plan", &json!({ "title": title }));
            ada.push(&[change]).await;
            bob.pull().await;
            assert!(bob.told.is_empty(), "{open}: {:?}", bob.told);
        }
        patch(&server, "ada", "plan", open).await;
        bob.pull().await;
        let title = bob.of("ada", "plan").map(|plan| &plan["title"]);
        assert_eq!(title, Some(&json!("More secret")));
        server.finish().await;
    }
}

#[tokio::test]
async fn who_joins_an_organisation_hears_nothing_of_what_was_taken_back_before() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
    let club = found(&server, "ada", &[]).await;
    let changes = ["plan", "secret"].map(|key| ada.edit(None, key, &json!({ "title": key })));
    ada.push(&changes).await;
    for key in ["plan", "secret"] {
        patch(&server, "ada", key, json!({ "visibility": "org" })).await;
    }
    patch(&server, "ada", "secret", json!({ "visibility": "private" })).await;
    bob.pull().await;
    join(&server, "ada", &club, "bob").await;
    bob.pull().await;
    let told: Vec<_> = bob.told.iter().map(|told| &told["_key"]).collect();
    assert_eq!(told, ["plan"], "{:?}", bob.told);
    server.finish().await;
}

#[tokio::test]
async fn the_documents_of_others_come_in_pages_as_well() {
    let server = TestServer::start().await;
    let mut ada = Reader::new(&server, "ada");
    let keys: Vec<_> = (0..25).map(|number| format!("plan-{number:02}")).collect();
    let changes: Vec<_> = keys
        .iter()
        .map(|key| ada.edit(None, key, &json!({ "title": key })))
        .collect();
    ada.push(&changes).await;
    for key in &keys {
        patch(&server, "ada", key, json!({ "visibility": "public" })).await;
    }
    let mut bob = Reader::paged(&server, "bob", 4);
    let own: Vec<_> = (0..6)
        .map(|number| bob.edit(None, &format!("own-{number}"), &json!({ "title": "" })))
        .collect();
    bob.push(&own).await;
    assert_eq!(bob.documents.len(), 31);
    assert_eq!(bob.told.len(), 31, "nothing comes twice");
    bob.pull().await;
    assert!(bob.told.is_empty(), "{:?}", bob.told);
    server.finish().await;
}

#[tokio::test]
async fn a_client_of_the_predecessor_gets_no_document_under_a_key_of_its_own() {
    let server = TestServer::start().await;
    let mut ada = Reader::new(&server, "ada");
    let changes = ["plan", "list"].map(|key| ada.edit(None, key, &json!({ "title": key })));
    ada.push(&changes).await;
    for key in ["plan", "list"] {
        patch(&server, "ada", key, json!({ "visibility": "public" })).await;
    }
    let mut bob = Reader::new(&server, "bob");
    let change = bob.edit(None, "plan", &json!({ "title": "Mine" }));
    bob.push(&[change]).await;
    let answer = server.sync("bob", json!({ "collection": "notes" })).await;
    let mut titles: Vec<_> = answer["serverChanges"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|state| state["title"].clone())
        .collect();
    titles.sort_by_key(ToString::to_string);
    assert_eq!(titles, ["Mine", "list"]);
    server.finish().await;
}

#[tokio::test]
async fn public_documents_are_only_searched_where_the_application_says_so() {
    let more = "[applications.catalogue]\npublicInSync = false";
    let server = TestServer::with(TestDatabase::create().await, more).await;
    let body = json!({
        "collection": "notes",
        "changes": [{ "key": "plan", "doc": { "title": "Plan" }, "fieldRevs": {} }],
    });
    let pushed = server.post_sync("ada", "catalogue", &body).await;
    assert_eq!(pushed.status, StatusCode::OK, "{}", pushed.body);
    let path = "/docIndex/catalogue/plan";
    let public = json!({ "visibility": "public" });
    let entry = send(&server, "ada", Method::PATCH, path, &public).await;
    assert_eq!(entry.status, StatusCode::OK, "{}", entry.body);
    let nothing = json!({ "collection": "notes", "protocol": 2 });
    let pulled = server.post_sync("bob", "catalogue", &nothing).await;
    assert_eq!(pulled.body["serverChanges"], json!([]));
    let search = json!({ "collection": "notes" });
    let found = send(&server, "bob", Method::POST, "/catalogue/search", &search).await;
    let results = found.body["results"].as_array().expect("a list");
    assert_eq!(results.len(), 1, "{}", found.body);
    assert_eq!(results[0]["_owner"], "ada");
    assert_eq!(results[0]["_access"], "read");
    server.finish().await;
}
