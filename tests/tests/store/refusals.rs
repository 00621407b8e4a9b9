//! Documents that the server does not store.

use std::time::Duration;

use axum::{Router, http::StatusCode, routing::post};
use serde_json::{Value, json};
use syncline_client::{
    UserId,
    store::{Store, StoreError, StoreEvent, StoreOptions},
};
use syncline_tests::{TestDatabase, TestServer};
use tokio::{net::TcpListener, time::timeout};

use crate::device::{Device, PATIENCE, doc, eventually, file, hear, options, titled};

#[tokio::test]
async fn they_are_kept_with_the_reason_and_block_no_other() {
    let server = TestServer::start().await;
    let device = Device::new(&server, "ada").await;
    let mut events = device.store.events();
    let tasks = device.store.collection("tasks").unwrap();
    tasks.set("bad", doc(json!({ "title": 1 }))).await.unwrap();
    tasks.set("good", titled("Buy milk")).await.unwrap();
    let rejected = hear(&mut events, |event| match event {
        StoreEvent::Rejected { documents, .. } => Some(documents),
        _ => None,
    });
    assert_eq!(rejected.await[0].key.as_str(), "bad");
    device.store.sync().await.unwrap();
    assert_eq!(device.store.unsent().await.unwrap(), 1);
    let device = device.restart(&server, "ada").await;
    let tasks = device.store.collection("tasks").unwrap();
    let rejected = tasks.rejected().await.unwrap();
    let (id, rejection) = &rejected[0];
    assert_eq!(
        (id.key.as_str(), &*rejection.code),
        ("bad", "schema_validation_failed")
    );
    assert_eq!(
        tasks.get("bad").await.unwrap(),
        Some(doc(json!({ "title": 1 })))
    );
    tasks.set("bad", titled("mended")).await.unwrap();
    device.store.sync().await.unwrap();
    assert_eq!(device.store.unsent().await.unwrap(), 0);
    assert!(tasks.rejected().await.unwrap().is_empty());
    drop(device);
    server.finish().await;
}

/// Such a request is refused as a whole.
#[tokio::test]
async fn a_document_that_no_request_can_hold_blocks_no_other() {
    let more = "[limits]\nbodyBytes = 20000";
    let server = TestServer::with(TestDatabase::create().await, more).await;
    let device = Device::new(&server, "ada").await;
    let notes = device.notes();
    notes
        .set("large", titled(&"x".repeat(30_000)))
        .await
        .unwrap();
    for key in ["a", "z"] {
        notes.set(key, titled(key)).await.unwrap();
    }
    eventually("the others are stored", async || {
        device.store.unsent().await.unwrap() == 1
    })
    .await;
    let rejected = notes.rejected().await.unwrap();
    assert_eq!(rejected.len(), 1);
    assert_eq!(rejected[0].1.code, "payload_too_large");
    drop(device);
    server.finish().await;
}

/// So is one that is about more than the server reads for a request.
#[tokio::test]
async fn many_large_documents_are_deleted_one_by_one() {
    let more = "[limits]\nbodyBytes = 20000";
    let server = TestServer::with(TestDatabase::create().await, more).await;
    let device = Device::new(&server, "ada").await;
    let notes = device.notes();
    let keys: Vec<_> = (0..60).map(|number| number.to_string()).collect();
    for key in &keys {
        notes
            .set(key.as_str(), titled(&"x".repeat(1_000)))
            .await
            .unwrap();
    }
    device.store.sync().await.unwrap();
    for key in &keys {
        notes.delete(key.as_str()).await.unwrap();
    }
    device.store.sync().await.unwrap();
    assert_eq!(device.store.unsent().await.unwrap(), 0);
    assert!(notes.rejected().await.unwrap().is_empty());
    let other = Device::new(&server, "ada").await;
    other.store.sync().await.unwrap();
    assert!(other.keys().await.is_empty());
    drop((device, other));
    server.finish().await;
}

/// A refusal because of the clock may be none that another clock would mend.
#[tokio::test]
async fn what_cannot_be_stamped_anew_is_rejected_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let url = serve_refusals().await;
    let options = StoreOptions::new(&url, "todo", "", file(&folder))
        .user(UserId::new("ada").unwrap())
        .poll_interval(None);
    let store = Store::open(options).await.unwrap();
    let notes = store.collection("notes").unwrap();
    for key in ["a", "b"] {
        notes.set(key, titled(key)).await.unwrap();
    }
    let synced = timeout(PATIENCE, store.sync()).await;
    synced.expect("the pass comes to an end").unwrap();
    let rejected = notes.rejected().await.unwrap();
    let codes = rejected.iter().map(|(_, rejection)| &*rejection.code);
    assert_eq!(codes.collect::<Vec<_>>(), ["clock_skew", "clock_skew"]);
    store.close().await;
}

/// A server that takes any push for one from the future, though by its own clock none is.
async fn serve_refusals() -> String {
    let handler = async |body: String| {
        let request: Value = serde_json::from_str(&body).unwrap();
        if request["changes"] == json!([]) {
            let clock = "0000000000064-000000-server~1";
            let answer = json!({ "serverClock": clock, "serverChanges": [], "conflicts": [] });
            return (StatusCode::OK, answer.to_string());
        }
        let year_2096 = 4_000_000_000_000_u64;
        let refusal =
            json!({ "error": "It is ahead.", "code": "clock_skew", "serverTime": year_2096 });
        (StatusCode::BAD_REQUEST, refusal.to_string())
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/todo/sync", post(handler));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// The server would refuse every request because of it, as if of each document.
#[tokio::test]
async fn a_page_size_that_no_server_takes_is_refused_at_once() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    for documents in [0, 5_001] {
        let options = options(&server, "ada", &folder).page_size(documents);
        let refused = Store::open(options).await;
        assert!(
            matches!(refused, Err(StoreError::Options(_))),
            "{refused:?}"
        );
    }
    for documents in [1, 5_000] {
        let options = options(&server, "ada", &folder).page_size(documents);
        let store = Store::open(options).await.unwrap();
        store.collection("notes").unwrap();
        store.sync().await.unwrap();
        store.close().await;
    }
    server.finish().await;
}

/// The server would be asked without a pause.
#[tokio::test]
async fn regular_pulls_without_a_pause_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions::new("http://127.0.0.1:1", "todo", "", file(&folder))
        .user(UserId::new("ada").unwrap())
        .poll_interval(Some(Duration::ZERO));
    let refused = Store::open(options).await;
    assert!(
        matches!(refused, Err(StoreError::Options(_))),
        "{refused:?}"
    );
}

/// Nothing would ever be sent, and the application not be asked for another token.
#[tokio::test]
async fn what_no_request_can_be_made_of_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for (url, token) in [
        ("http://127.0.0.1:1", "token\n"),
        ("127.0.0.1:1", "token"),
        ("ftp://127.0.0.1:1", "token"),
    ] {
        let options =
            StoreOptions::new(url, "todo", token, file(&folder)).user(UserId::new("ada").unwrap());
        let refused = Store::open(options).await;
        assert!(
            matches!(refused, Err(StoreError::Options(_))),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn what_no_server_would_store_is_refused_at_once() {
    let server = TestServer::start().await;
    let device = Device::new(&server, "ada").await;
    let notes = device.notes();
    let bad = notes
        .set("1", doc(json!({ "n": 9_007_199_254_740_993_u64 })))
        .await;
    assert!(matches!(bad, Err(StoreError::Document(_))), "{bad:?}");
    assert!(matches!(
        notes.set("", titled("x")).await,
        Err(StoreError::Options(_))
    ));
    assert_eq!(notes.get("1").await.unwrap(), None);
    drop(device);
    server.finish().await;
}
