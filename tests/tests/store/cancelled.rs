//! Futures that are dropped before they resolve.

use std::pin::pin;

use futures::poll;
use serde_json::json;
use syncline_client::store::Query;
use tokio::{sync::oneshot, time::timeout};

use crate::{
    device::{PATIENCE, titled},
    recorder,
};

/// Whoever makes it may have no more time.
#[tokio::test]
async fn an_edit_that_nobody_waits_for_is_told_and_pushed() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut requests) = recorder::open(&folder).await;
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
    let push = async {
        loop {
            let request = requests.recv().await.unwrap();
            if request["changes"] != json!([]) {
                return request;
            }
        }
    };
    let pushed = timeout(PATIENCE, push).await.expect("it is pushed");
    assert_eq!(pushed["changes"][0]["key"], "1");
    store.close().await;
}
