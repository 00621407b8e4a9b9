//! Who is told of what.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use syncline_tests::{TestDatabase, TestServer};
use tokio::time::Instant;

use crate::{
    listener::{Listener, own},
    world::{add, found, open_to, push, push_to, send},
};

#[tokio::test]
async fn a_stream_begins_with_how_soon_to_ask_for_another() {
    let server = TestServer::start().await;
    let mut ada = Listener::of(crate::listener::request(&server, "ada").await);
    assert_eq!(ada.block().await.as_deref(), Some("retry: 2000"));
    drop(ada);
    server.finish().await;
}

#[tokio::test]
async fn a_push_is_told_to_the_users_own_devices_alone() {
    let server = TestServer::start().await;
    let mut phone = Listener::open(&server, "ada").await;
    let mut laptop = Listener::open(&server, "ada").await;
    let mut eve = Listener::open(&server, "eve").await;
    push(&server, "ada", "notes", "1").await;
    push(&server, "ada", "lists", "1").await;
    for device in [&mut phone, &mut laptop] {
        let told = device.told(&server, "ada").await;
        assert_eq!(told, [own("lists"), own("notes")]);
    }
    assert_eq!(eve.told(&server, "eve").await, [] as [Value; 0]);
    let pull = json!({ "collection": "notes", "protocol": 2, "changes": [] });
    server.sync("ada", pull).await;
    assert_eq!(phone.told(&server, "ada").await, [] as [Value; 0], "a pull");
    server.finish().await;
}

#[tokio::test]
async fn another_application_is_not_told() {
    let server = TestServer::start().await;
    let mut ada = Listener::open(&server, "ada").await;
    let body = json!({ "collection": "list", "changes": [{
        "key": "1", "doc": {}, "fieldRevs": {},
    }] });
    let pushed = server.post_sync("ada", "shopping-list", &body).await;
    assert!(pushed.status.is_success());
    assert_eq!(ada.told(&server, "ada").await, [] as [Value; 0]);
    server.finish().await;
}

#[tokio::test]
async fn an_organisations_documents_are_told_to_its_members() {
    let server = TestServer::start().await;
    let acme = found(&server, "ada").await;
    add(&server, "ada", &acme, "bob").await;
    let mut bob = Listener::open(&server, "bob").await;
    let mut eve = Listener::open(&server, "eve").await;
    push_to(&server, "ada", &acme, "notes").await;
    let expected = json!({ "collection": "notes", "orgId": acme });
    assert_eq!(bob.told(&server, "bob").await, [expected]);
    assert_eq!(eve.told(&server, "eve").await, [] as [Value; 0]);
    server.finish().await;
}

#[tokio::test]
async fn readers_of_a_shared_document_are_told_when_it_opens_changes_and_closes() {
    let server = TestServer::start().await;
    push(&server, "ada", "notes", "1").await;
    let mut bob = Listener::open(&server, "bob").await;
    let mut eve = Listener::open(&server, "eve").await;
    let share = json!([{ "userId": "bob", "app": "todo", "access": "read" }]);
    let steps = [
        json!({ "sharedWith": share }),
        Value::Null,
        json!({ "visibility": "private" }),
        json!({ "visibility": "shared" }),
        json!({ "unshare": [{ "userId": "bob", "app": "todo" }] }),
    ];
    for step in &steps {
        if step.is_null() {
            push(&server, "ada", "notes", "1").await;
        } else {
            open_to(&server, "ada", "1", step).await;
        }
        assert_eq!(bob.told(&server, "bob").await, [own("notes")], "{step}");
    }
    push(&server, "ada", "notes", "1").await;
    assert_eq!(bob.told(&server, "bob").await, [] as [Value; 0]);
    assert_eq!(eve.told(&server, "eve").await, [] as [Value; 0]);
    server.finish().await;
}

#[tokio::test]
async fn a_writer_of_a_shared_document_is_told_to_its_owner() {
    let server = TestServer::start().await;
    push(&server, "ada", "notes", "1").await;
    let share = json!([{ "userId": "bob", "app": "todo", "access": "write" }]);
    open_to(&server, "ada", "1", &json!({ "sharedWith": share })).await;
    let mut ada = Listener::open(&server, "ada").await;
    let revision = syncline_tests::replica::stamp("bob", 0);
    let mut change = syncline_tests::replica::change("1", &json!({ "at": "b" }), &revision);
    change["owner"] = "ada".into();
    let body = json!({ "collection": "notes", "protocol": 2, "changes": [change] });
    server.sync("bob", body).await;
    assert_eq!(ada.told(&server, "ada").await, [own("notes")]);
    server.finish().await;
}

#[tokio::test]
async fn what_everybody_may_see_is_told_where_syncs_bring_it() {
    let more = "[applications.quiet]\npublicInSync = false";
    let server = TestServer::with(TestDatabase::create().await, more).await;
    push(&server, "ada", "notes", "1").await;
    let acme = found(&server, "ada").await;
    add(&server, "ada", &acme, "bob").await;
    let mut eve = Listener::open(&server, "eve").await;
    let mut bob = Listener::open(&server, "bob").await;
    open_to(&server, "ada", "1", &json!({ "visibility": "public" })).await;
    assert_eq!(eve.told(&server, "eve").await, [own("notes")]);
    assert_eq!(bob.told(&server, "bob").await, [own("notes")]);
    // Everybody is told of a collection once a second: what comes within it comes when it ends.
    let begin = Instant::now();
    push(&server, "ada", "notes", "1").await;
    assert_eq!(eve.next().await, Some(own("notes")), "it changes");
    assert_eq!(bob.next().await, Some(own("notes")));
    open_to(&server, "ada", "1", &json!({ "visibility": "org" })).await;
    assert_eq!(eve.next().await, Some(own("notes")), "it closes");
    assert_eq!(bob.told(&server, "bob").await, [own("notes")]);
    assert!(begin.elapsed() >= Duration::from_secs(1));
    push(&server, "ada", "notes", "1").await;
    assert_eq!(eve.told(&server, "eve").await, [] as [Value; 0]);
    assert_eq!(bob.told(&server, "bob").await, [own("notes")]);
    server.finish().await;
}

#[tokio::test]
async fn restores_and_imports_are_told() {
    let server = TestServer::start().await;
    push(&server, "ada", "notes", "1").await;
    let exported = send(&server, "ada", Method::GET, "/account/export", &Value::Null).await;
    let document = "/todo/collections/notes/documents/1";
    let read = send(&server, "ada", Method::GET, document, &Value::Null).await;
    push(&server, "ada", "notes", "1").await;
    let mut ada = Listener::open(&server, "ada").await;
    let old = json!({ "rev": read["document"]["_rev"] });
    send(
        &server,
        "ada",
        Method::POST,
        &format!("{document}/restore"),
        &old,
    )
    .await;
    assert_eq!(ada.told(&server, "ada").await, [own("notes")], "a restore");
    let mut eve = Listener::open(&server, "eve").await;
    send(&server, "eve", Method::POST, "/account/import", &exported).await;
    assert_eq!(eve.told(&server, "eve").await, [own("notes")], "an import");
    server.finish().await;
}

#[tokio::test]
async fn readers_are_told_when_an_account_goes() {
    let server = TestServer::start().await;
    push(&server, "ada", "notes", "1").await;
    open_to(&server, "ada", "1", &json!({ "visibility": "public" })).await;
    let mut eve = Listener::open(&server, "eve").await;
    send(&server, "ada", Method::DELETE, "/account", &Value::Null).await;
    // Not at once: everybody has just been told.
    assert_eq!(eve.next().await, Some(own("notes")));
    server.finish().await;
}
