//! How far a pull has come, as a store tells it.

use std::sync::{Arc, Mutex};

use axum::{Router, routing::post};
use serde_json::{Value, json};
use syncline_client::{
    UserId,
    store::{Store, StoreEvent, StoreOptions},
};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::device::{file, hear};

/// One more pull confirms a reset, and brings nothing.
#[tokio::test]
async fn a_pull_is_complete_with_its_last_page_also_after_a_reset() {
    let reset = json!({ "reset": true, "hasMore": true, "serverChanges": [document("a")] });
    let last = json!({ "serverChanges": [document("b")] });
    assert_eq!(
        told([reset, last, json!({})]).await,
        [(1, false), (2, true)]
    );
}

#[tokio::test]
async fn a_pull_is_complete_though_its_last_page_is_empty() {
    let page = json!({ "hasMore": true, "serverChanges": [document("a")] });
    assert_eq!(told([page, json!({})]).await, [(1, false), (1, true)]);
}

/// What a store tells that gets these answers.
async fn told<const COUNT: usize>(answers: [Value; COUNT]) -> Vec<(usize, bool)> {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, serve(answers.to_vec()).await).await;
    let mut events = store.events();
    store.collection("notes").unwrap();
    store.sync().await.unwrap();
    let mut told = Vec::new();
    while !matches!(told.last(), Some((_, true))) {
        let progress = hear(&mut events, |event| match event {
            StoreEvent::Progress {
                received,
                is_complete,
                ..
            } => Some((received, is_complete)),
            _ => None,
        });
        told.push(progress.await);
    }
    store.close().await;
    told
}

async fn open(folder: &TempDir, url: String) -> Store {
    let options = StoreOptions::new(&url, "todo", "", file(folder))
        .user(UserId::new("ada").unwrap())
        .poll_interval(None);
    Store::open(options).await.unwrap()
}

fn document(key: &str) -> Value {
    let revision = "0000000000032-000000-server~1";
    json!({ "_key": key, "_rev": revision, "_fieldRevs": { "n": revision }, "n": 1 })
}

/// A server that gives these answers, and then empty ones.
async fn serve(answers: Vec<Value>) -> String {
    let answers = Arc::new(Mutex::new(answers.into_iter()));
    let handler = async move || {
        let mut answer = json!({
            "serverClock": "0000000000064-000000-server~1",
            "serverChanges": [],
            "conflicts": [],
        });
        let given = answers.lock().unwrap().next().unwrap_or_else(|| json!({}));
        for (name, value) in given.as_object().unwrap() {
            answer[name] = value.clone();
        }
        answer.to_string()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/todo/sync", post(handler));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}
