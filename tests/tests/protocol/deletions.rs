//! Documents that are deleted, edited meanwhile, and created again.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Postgres, Transaction};
use syncline_tests::{
    TestServer,
    held_pages::{hold_pages, until_pages_wait},
    server::answer,
};

use crate::device::{Device, USER, clock, keys, report};

/// A clock that no server of these tests has made.
const OF_NO_SERVER: &str = "00192a0b1c2d3-000000-server~AAAA";

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

/// Somebody deletes what a device pushed before the device was sent anything: the first answer says so,
/// though a first pull needs no tombstones of what its caller never had.
#[tokio::test]
async fn a_first_pull_tells_of_the_deletion_of_what_was_just_pushed() {
    let begins = [
        (Value::Null, 1000),
        (Value::Null, 1),
        (json!(OF_NO_SERVER), 1),
    ];
    for (begin, limit) in begins {
        let server = TestServer::start().await;
        let (phone, _) = shared(&server).await;
        let mut tablet = phone.synced("tablet").await;
        tablet.clock = begin;
        let change = tablet.change("2", json!({ "n": 2 }), 2);
        let mut body = tablet.body(&[change]);
        body["echo"] = false.into();
        body["limit"] = limit.into();
        tablet.send(&body).await;

        let mut connection = server.database.connect().await;
        let holder = hold_pages(&mut connection).await;
        let (first, ()) = tokio::join!(tablet.send(&body), delete_before_pages(holder, "2"));
        assert_eq!(first["accepted"][0]["key"], "2", "limit {limit}");
        let told = tablet.told(first, limit).await;
        let told: Vec<_> = told
            .iter()
            .map(|document| (&document["_key"], document.get("_deleted")))
            .collect();
        assert_eq!(
            told,
            [(&json!("1"), None), (&json!("2"), Some(&json!(true)))],
            "limit {limit}"
        );
        server.finish().await;
    }
}

/// The same of a document of another, whose device has to start afresh.
#[tokio::test]
async fn a_pull_anew_tells_of_the_deletion_of_what_was_just_pushed_to_another() {
    let server = TestServer::start().await;
    let of_max = json!({ "collection": "notes", "changes": [
        syncline_tests::replica::change("1", &json!({ "n": 1 }), &clock(1, "desk")),
    ] });
    server.sync("max", of_max).await;
    let share = server.request(Method::PATCH, "/docIndex/todo/1");
    let share = share.bearer_auth(server.token("max"));
    let body = json!({ "sharedWith": [{ "userId": USER, "access": "write" }] });
    assert_eq!(answer(share.json(&body)).await.status, StatusCode::OK);

    let mut tablet = Device::new(&server, "tablet", "notes");
    tablet.clock = json!(OF_NO_SERVER);
    let mut change = tablet.change("1", json!({ "n": 2 }), 2);
    change["owner"] = "max".into();
    let mut body = tablet.body(&[change]);
    body["echo"] = false.into();
    tablet.send(&body).await;
    let mut connection = server.database.connect().await;
    let holder = hold_pages(&mut connection).await;
    let (told, ()) = tokio::join!(tablet.send(&body), delete_before_pages(holder, "1"));
    assert_eq!(told["accepted"][0]["owner"], "max");
    let [document] = &told["serverChanges"].as_array().unwrap()[..] else {
        panic!("{told}")
    };
    assert_eq!(
        (&document["_owner"], &document["_deleted"]),
        (&json!("max"), &json!(true))
    );
    server.finish().await;
}

/// Deletes a document when a page is about to be read.
async fn delete_before_pages(mut holder: Transaction<'_, Postgres>, key: &str) {
    until_pages_wait(&mut holder).await;
    let delete = "
        UPDATE documents
        SET deleted = true, content = '{}', version = version + 1, revision = $2
        WHERE key = $1";
    let delete = sqlx::query(delete).bind(key).bind(clock(3, "phone"));
    let deleted = delete.execute(&mut *holder).await.unwrap();
    assert_eq!(deleted.rows_affected(), 1);
    // As every write to a document does.
    let touch = sqlx::query("UPDATE routes SET access = access WHERE key = $1");
    touch.bind(key).execute(&mut *holder).await.unwrap();
    holder.commit().await.unwrap();
}
