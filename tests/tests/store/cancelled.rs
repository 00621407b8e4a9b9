//! Futures that are dropped before they resolve.

use std::pin::pin;

use axum::{Router, routing::post};
use futures::poll;
use serde_json::{Value, json};
use syncline_client::{
    UserId,
    store::{Query, Store, StoreOptions},
};
use tokio::{
    net::TcpListener,
    sync::{
        mpsc::{UnboundedReceiver, unbounded_channel},
        oneshot,
    },
    time::timeout,
};

use crate::device::{PATIENCE, file, titled};

/// Whoever makes it may have no more time.
#[tokio::test]
async fn an_edit_that_nobody_waits_for_is_told_and_pushed() {
    let (url, mut requests) = serve().await;
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions::new(&url, "todo", "", file(&folder))
        .user(UserId::new("ada").unwrap())
        .poll_interval(None);
    let store = Store::open(options).await.unwrap();
    let notes = store.collection("notes").unwrap();
    store.sync().await.unwrap();
    let mut all = notes.subscribe(Query::all());
    let (listens, is_listening) = oneshot::channel();
    let told = tokio::spawn(async move {
        assert!(all.next().await.unwrap().is_empty());
        listens.send(()).unwrap();
        all.next().await.unwrap()
    });
    is_listening.await.unwrap();
    // One that has not begun is not made.
    while notes.get("1").await.unwrap().is_none() {
        let edit = pin!(notes.set("1", titled("x")));
        drop(poll!(edit));
    }
    let told = timeout(PATIENCE, told).await.expect("it is told");
    assert_eq!(told.unwrap()[0].doc, titled("x"));
    let pushed = timeout(PATIENCE, requests.recv()).await;
    assert_eq!(pushed.expect("it is pushed").unwrap()[0]["key"], "1");
    store.close().await;
}

/// A server without pokes, and what is pushed to it.
async fn serve() -> (String, UnboundedReceiver<Value>) {
    let (sender, requests) = unbounded_channel();
    let handler = async move |body: String| {
        let request: Value = serde_json::from_str(&body).unwrap();
        if request["changes"] != json!([]) {
            sender.send(request["changes"].clone()).unwrap();
        }
        let clock = "0000000000064-000000-server~1";
        json!({ "serverClock": clock, "serverChanges": [], "conflicts": [] }).to_string()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/todo/sync", post(handler));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, requests)
}
