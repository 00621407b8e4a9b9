//! A server that sends its whole state anew.

use axum::{Router, routing::post};
use serde_json::json;
use syncline_client::{
    TransportError, UserId,
    store::{Status, Store, StoreError, StoreOptions},
};
use tokio::{net::TcpListener, time::timeout};

use crate::device::{PATIENCE, eventually, file};

/// Of two databases behind one address, each takes what the other gave for unknown.
#[tokio::test]
async fn whoever_begins_anew_again_and_again_is_left_alone_for_a_while() {
    let handler = async || {
        let clock = "0000000000064-000000-server~1";
        let answer = json!({
            "serverClock": clock, "serverChanges": [], "conflicts": [], "reset": true,
        });
        answer.to_string()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/todo/sync", post(handler));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions::new(&url, "todo", "", file(&folder))
        .user(UserId::new("ada").unwrap())
        .poll_interval(None);
    let store = Store::open(options).await.unwrap();
    store.collection("notes").unwrap();
    let synced = timeout(PATIENCE, store.sync()).await;
    let error = synced.expect("the pass comes to an end").unwrap_err();
    let is_unavailable = matches!(
        &error,
        StoreError::Transport(error) if matches!(**error, TransportError::Unavailable { .. })
    );
    assert!(is_unavailable, "{error}");
    eventually("it pauses", async || {
        matches!(*store.status().borrow(), Status::Waiting { .. })
    })
    .await;
    store.close().await;
}
