//! Organisations that the user has left, and what is forgotten with them.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use sqlx::Connection;
use syncline_client::store::{Query, Status, Store, StoreError};
use syncline_tests::{
    TestDatabase, TestServer,
    held_pages::{hold_pages, until_pages_wait},
    server::answer,
};

use crate::device::{Device, PATIENCE, options, titled};

/// An organisation of Ada's that Bob is in.
async fn acme(server: &TestServer) -> String {
    let post = async |path: String, body: serde_json::Value| {
        let request = server.request(Method::POST, &path);
        let answer = answer(request.bearer_auth(server.token("ada")).json(&body)).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        answer.body
    };
    let acme = post("/orgs".to_owned(), json!({ "name": "Acme" })).await;
    let acme = acme["orgId"].as_str().unwrap().to_owned();
    post(format!("/orgs/{acme}/members"), json!({ "userId": "bob" })).await;
    acme
}

async fn leave(server: &TestServer, acme: &str) {
    let path = format!("/orgs/{acme}/members/bob");
    let leave = server.request(Method::DELETE, &path);
    let left = answer(leave.bearer_auth(server.token("bob"))).await;
    assert!(left.status.is_success(), "{}", left.body);
}

#[tokio::test]
async fn nobody_who_looks_brings_it_back() {
    let server = TestServer::start().await;
    let acme = acme(&server).await;
    let bob = Device::new(&server, "bob").await;
    let notes = bob.store.organisation_collection(&acme, "notes").unwrap();
    notes.set("1", titled("ours")).await.unwrap();
    bob.store.sync().await.unwrap();
    let mut subscription = notes.subscribe(Query::all());
    assert_eq!(subscription.next().await.unwrap().len(), 1);
    leave(&server, &acme).await;
    bob.store.sync().await.unwrap_err();
    let mut status = bob.store.status();
    let refused = status.wait_for(|status| matches!(status, Status::Refused { .. }));
    drop(
        tokio::time::timeout(PATIENCE, refused)
            .await
            .unwrap()
            .unwrap(),
    );
    bob.store.forget_organisation(&acme, false).await.unwrap();
    assert_eq!(subscription.next().await.unwrap().len(), 0);
    assert_eq!(notes.get("1").await.unwrap(), None);
    assert!(!notes.delete("1").await.unwrap());
    assert_eq!(notes.update("1", |_| {}).await.unwrap(), None);
    assert_eq!(notes.clocks().await.unwrap(), notes.clocks().await.unwrap());
    bob.store.sync().await.unwrap();
    let bob = bob.restart(&server, "bob").await;
    bob.store.sync().await.unwrap();
    drop(bob);
    server.finish().await;
}

#[tokio::test]
async fn it_comes_back_when_the_application_asks_for_it() {
    let server = TestServer::start().await;
    let acme = acme(&server).await;
    let bob = Device::new(&server, "bob").await;
    let notes = bob.store.organisation_collection(&acme, "notes").unwrap();
    notes.set("1", titled("ours")).await.unwrap();
    bob.store.sync().await.unwrap();
    bob.store.forget_organisation(&acme, false).await.unwrap();
    bob.store.sync().await.unwrap();
    assert_eq!(notes.get("1").await.unwrap(), None);
    let again = bob.store.organisation_collection(&acme, "notes").unwrap();
    bob.store.sync().await.unwrap();
    assert_eq!(again.get("1").await.unwrap(), Some(titled("ours")));
    drop(bob);
    server.finish().await;
}

#[tokio::test]
async fn an_answer_that_comes_late_does_not_bring_it_back() {
    let database = TestDatabase::create().await;
    let mut connection = database.connect().await;
    let server = TestServer::on(database).await;
    let acme = acme(&server).await;
    let bob = Device::new(&server, "bob").await;
    let notes = bob.store.organisation_collection(&acme, "notes").unwrap();
    notes.set("1", titled("ours")).await.unwrap();
    bob.store.sync().await.unwrap();
    let mut holder = hold_pages(&mut connection).await;
    let syncing = bob.store.sync();
    let forgetting = async {
        until_pages_wait(&mut holder).await;
        bob.store.forget_organisation(&acme, false).await.unwrap();
        holder.rollback().await.unwrap();
    };
    let (synced, ()) = tokio::join!(syncing, forgetting);
    synced.unwrap();
    leave(&server, &acme).await;
    bob.store.sync().await.unwrap();
    assert_eq!(notes.get("1").await.unwrap(), None);
    drop(bob);
    connection.close().await.unwrap();
    server.finish().await;
}

/// Whatever comes first, an edit that was made is there, or nothing was forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_comes_between_is_not_lost() {
    let server = TestServer::start().await;
    for round in 0..60 {
        let folder = tempfile::tempdir().unwrap();
        let offline = options(&server, "bob", &folder).offline();
        let store = Store::open(offline).await.unwrap();
        let notes = store.organisation_collection("acme", "notes").unwrap();
        let edit = tokio::spawn({
            let notes = notes.clone();
            async move {
                tokio::time::sleep(Duration::from_micros(round * 40)).await;
                notes.set("1", titled("mine")).await
            }
        });
        let is_wiped = round % 2 == 0;
        let forgotten = if is_wiped {
            store.sign_out(false).await
        } else {
            store.forget_organisation("acme", false).await
        };
        let edited = tokio::time::timeout(PATIENCE, edit).await.unwrap().unwrap();
        match (&edited, &forgotten) {
            (Ok(true), Err(StoreError::Unsent(1))) | (Err(_), Ok(())) => {}
            (Ok(true), Ok(())) if !is_wiped => {
                assert_eq!(notes.get("1").await.unwrap(), Some(titled("mine")));
                assert_eq!(store.unsent().await.unwrap(), 1);
            }
            other => panic!("round {round}: {other:?}"),
        }
        store.close().await;
    }
    server.finish().await;
}
