//! A server without pokes, which has nothing and tells what it is asked.

use axum::{Router, routing::post};
use serde_json::{Value, json};
use syncline_client::{
    UserId,
    store::{Store, StoreOptions},
};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

use crate::device::file;

/// A store that synchronises with such a server when it has to, and the requests of it.
pub(crate) async fn open(folder: &TempDir) -> (Store, UnboundedReceiver<Value>) {
    let (url, requests) = serve().await;
    let options = StoreOptions::new(&url, "todo", "", file(folder))
        .user(UserId::new("ada").unwrap())
        .poll_interval(None);
    (Store::open(options).await.unwrap(), requests)
}

async fn serve() -> (String, UnboundedReceiver<Value>) {
    let (sender, requests) = unbounded_channel();
    let handler = async move |body: String| {
        sender.send(serde_json::from_str(&body).unwrap()).unwrap();
        let clock = "0000000000064-000000-server~1";
        json!({ "serverClock": clock, "serverChanges": [], "conflicts": [] }).to_string()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/todo/sync", post(handler));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, requests)
}
