//! The stream of pokes.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    http::StatusCode,
    response::sse::{Event, Sse},
    routing::{get, post},
};
use futures::stream;
use serde_json::json;
use syncline_client::{
    UserId,
    store::{Store, StoreOptions},
};
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc::unbounded_channel},
    time::timeout,
};

use crate::device::{PATIENCE, file};

/// The next regular pull was planned for a time with pokes, and may be far away.
#[tokio::test]
async fn everything_is_pulled_when_no_other_follows_it() {
    let (asked, mut attempts) = unbounded_channel();
    let (is_first, refusal) = (AtomicBool::new(true), Arc::new(Notify::new()));
    let (is_first, refused) = (Arc::new(is_first), Arc::clone(&refusal));
    let events = async move || {
        if is_first.swap(false, Ordering::SeqCst) {
            return Ok(Sse::new(stream::empty::<Result<Event, Infallible>>()));
        }
        asked.send(()).unwrap();
        refused.notified().await;
        Err(StatusCode::NOT_FOUND)
    };
    let (pulled, mut pulls) = unbounded_channel();
    let sync = async move || {
        pulled.send(()).unwrap();
        let clock = "0000000000064-000000-server~1";
        json!({ "serverClock": clock, "serverChanges": [], "conflicts": [] }).to_string()
    };
    let router = Router::new()
        .route("/todo/events", get(events))
        .route("/todo/sync", post(sync));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions::new(&url, "todo", "", file(&folder))
        .user(UserId::new("ada").unwrap())
        .poll_interval(None);
    let store = Store::open(options).await.unwrap();
    store.collection("notes").unwrap();
    attempts.recv().await.unwrap();
    store.sync().await.unwrap();
    while pulls.try_recv().is_ok() {}
    refusal.notify_one();
    let next = timeout(PATIENCE, pulls.recv()).await;
    next.expect("it is pulled").unwrap();
    store.close().await;
}
