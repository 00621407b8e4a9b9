//! Devices of people, each with a store in a folder of its own.

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};
use syncline_client::{
    Document,
    store::{Collection, Events, Query, Store, StoreEvent, StoreOptions},
};
use syncline_tests::TestServer;
use tempfile::TempDir;

/// Far longer than anything takes, so that a test that hangs fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Device {
    pub(crate) store: Store,
    pub(crate) folder: TempDir,
}

impl Device {
    /// A new device that pulls only when it is told to.
    pub(crate) async fn new(server: &TestServer, user: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(options(server, user, &folder)).await.unwrap();
        Self { store, folder }
    }

    pub(crate) fn notes(&self) -> Collection {
        self.store.collection("notes").unwrap()
    }

    /// The keys of its notes.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let found = self.notes().query(&Query::all()).await.unwrap();
        found.into_iter().map(|found| found.id.key.into()).collect()
    }

    /// Ends the program without a word, and starts it again.
    pub(crate) async fn restart(self, server: &TestServer, user: &str) -> Self {
        let Self { store, folder } = self;
        store.close().await;
        drop(store);
        let store = Store::open(options(server, user, &folder)).await.unwrap();
        Self { store, folder }
    }
}

pub(crate) fn options(server: &TestServer, user: &str, folder: &TempDir) -> StoreOptions {
    StoreOptions::new(&server.url(""), "todo", &server.token(user), file(folder))
        .poll_interval(None)
        .page_size(50)
}

pub(crate) fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("store.db")
}

pub(crate) fn doc(value: Value) -> Document {
    serde_json::from_value(value).unwrap()
}

pub(crate) fn titled(title: &str) -> Document {
    doc(json!({ "title": title }))
}

/// Waits until a condition holds.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, wait).await.is_ok(), "{what}");
}

/// Waits for an event.
pub(crate) async fn hear<T>(events: &mut Events, wanted: impl Fn(StoreEvent) -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(found) = wanted(events.recv().await.unwrap()) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("the event comes")
}
