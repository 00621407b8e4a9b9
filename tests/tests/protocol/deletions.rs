//! Documents that are deleted, edited meanwhile, and created again.

use serde_json::{Value, json};
use syncline_tests::TestServer;

use crate::device::{Device, clock, keys, report};

/// A document that both devices have seen.
async fn shared(server: &TestServer) -> (Device<'_>, Device<'_>) {
    let mut phone = Device::new(server, "phone", "notes");
    phone.edit("1", json!({ "n": 1 }), 1).await;
    let laptop = phone.synced("laptop").await;
    (phone, laptop)
}

#[tokio::test]
async fn a_deletion_is_told_once_to_whoever_may_have_the_document() {
    let server = TestServer::start().await;
    let (mut phone, mut laptop) = shared(&server).await;
    let deleted = phone.delete("1", 2).await;
    let tombstone = json!({
        "_key": "1", "_rev": deleted["serverChanges"][0]["_rev"], "_deleted": true,
        "_fieldRevs": { "n": clock(1, "phone"), "_deleted": clock(2, "phone") },
    });
    assert_eq!(deleted["serverChanges"], json!([tombstone]));
    assert_eq!(laptop.pull().await["serverChanges"], json!([tombstone]));
    for device in [
        &mut phone,
        &mut laptop,
        &mut Device::new(&server, "tablet", "notes"),
    ] {
        assert_eq!(device.pull().await["serverChanges"], json!([]));
    }
    server.finish().await;
}

#[tokio::test]
async fn the_document_is_not_needed_to_delete_it() {
    let server = TestServer::start().await;
    let (mut phone, _) = shared(&server).await;
    let revisions = json!({ "_deleted": clock(2, "phone") });
    let change = json!({ "key": "1", "deleted": true, "doc": {}, "fieldRevs": revisions });
    assert_eq!(
        phone.push(&[change]).await["serverChanges"][0]["_deleted"],
        true
    );
    assert_eq!(phone.stored().await, Vec::<Value>::new());
    server.finish().await;
}

#[tokio::test]
async fn a_deletion_meets_an_edit_that_it_has_not_seen() {
    for (laptop_seconds, phone_seconds, winner) in [(20, 10, "remote"), (10, 20, "local")] {
        let server = TestServer::start().await;
        let (mut phone, mut laptop) = shared(&server).await;
        laptop.edit("1", json!({ "n": 2 }), laptop_seconds).await;
        let answer = phone.delete("1", phone_seconds).await;
        let (local, remote) = (
            clock(phone_seconds, "phone"),
            clock(laptop_seconds, "laptop"),
        );
        let local = (&*local, json!(true));
        let remote = (&*remote, json!({ "n": 2 }));
        assert_eq!(
            answer["conflicts"],
            json!([report("_deleted", local, remote, winner)])
        );
        assert_eq!(phone.stored().await.is_empty(), winner == "local");
        server.finish().await;
    }
}

#[tokio::test]
async fn an_edit_meets_a_deletion_that_it_has_not_seen() {
    for (laptop_seconds, phone_seconds, winner) in [(20, 10, "remote"), (10, 20, "local")] {
        let server = TestServer::start().await;
        let (mut phone, mut laptop) = shared(&server).await;
        laptop.delete("1", laptop_seconds).await;
        let answer = phone.edit("1", json!({ "n": 2 }), phone_seconds).await;
        let (local, remote) = (
            clock(phone_seconds, "phone"),
            clock(laptop_seconds, "laptop"),
        );
        let local = (&*local, json!({ "n": 2 }));
        let remote = (&*remote, json!(true));
        assert_eq!(
            answer["conflicts"],
            json!([report("_deleted", local, remote, winner)])
        );
        assert_eq!(keys(&answer), ["1"]);
        assert_eq!(phone.stored().await.is_empty(), winner == "remote");
        server.finish().await;
    }
}

#[tokio::test]
async fn a_deleted_document_can_be_created_again() {
    let server = TestServer::start().await;
    let (mut phone, mut laptop) = shared(&server).await;
    phone.delete("1", 2).await;
    laptop.pull().await;
    let answer = laptop.edit("1", json!({ "title": "again" }), 3).await;
    assert_eq!(answer["conflicts"], json!([]));
    let document = &phone.pull().await["serverChanges"][0];
    assert_eq!(
        (&document["title"], document.get("_deleted")),
        (&json!("again"), None)
    );
    assert_eq!(phone.only_document().await, json!({ "title": "again" }));
    server.finish().await;
}
