//! Reports of conflicts, which wait until they were heard.

use std::collections::BTreeSet;

use serde_json::json;
use syncline_client::store::{Query, Store, StoreError, StoreEvent};
use syncline_tests::{
    TestServer,
    replica::{change, stamp},
};

use crate::device::{Device, PATIENCE, doc, hear, options};

/// The next conflict that `events` tells of, as the document's key and the field.
macro_rules! next_conflict {
    ($events:expr) => {
        hear(&mut $events, |event| match event {
            StoreEvent::Conflict { conflict, .. } => Some((
                conflict.key.as_str().to_owned(),
                conflict.conflict.field.as_str().to_owned(),
            )),
            _ => None,
        })
        .await
    };
}

/// A device that has pushed notes with a field or more that another device had changed.
async fn with_conflicts(
    server: &TestServer,
    notes: usize,
    fields: usize,
    listens: impl FnOnce(&Store),
) -> Device {
    let device = Device::new(server, "ada").await;
    let note = |value: &str| {
        let field = |number| (format!("f{number}"), value.into());
        (0..fields).map(field).collect::<serde_json::Map<_, _>>()
    };
    let collection = device.notes();
    for key in 0..notes {
        let key = format!("{key:03}");
        collection.set(&*key, note("base")).await.unwrap();
    }
    device.store.sync().await.unwrap();
    device.store.close().await;
    let theirs = (0..notes).map(|key| {
        let theirs = json!(note("theirs"));
        change(&format!("{key:03}"), &theirs, &stamp("rival", 0))
    });
    let push = json!({
        "collection": "notes", "protocol": 2, "changes": theirs.collect::<Vec<_>>(),
    });
    server.sync("ada", push).await;
    let Device { store, folder } = device;
    drop(store);
    let offline = Store::open(options(server, "ada", &folder).offline())
        .await
        .unwrap();
    let collection = offline.collection("notes").unwrap();
    for key in 0..notes {
        let key = format!("{key:03}");
        collection.set(&*key, note("mine")).await.unwrap();
    }
    offline.close().await;
    drop((offline, collection));
    let store = Store::open(options(server, "ada", &folder)).await.unwrap();
    listens(&store);
    store.collection("notes").unwrap();
    store.sync().await.unwrap();
    Device { store, folder }
}

async fn is_silent(events: &mut syncline_client::store::Events) -> bool {
    let wait = std::time::Duration::from_millis(300);
    let conflict = async {
        loop {
            if let StoreEvent::Conflict { .. } = events.recv().await.unwrap() {
                return;
            }
        }
    };
    tokio::time::timeout(wait, conflict).await.is_err()
}

/// One answer brings more of them than other events ever wait.
#[tokio::test]
async fn a_listener_that_is_slow_hears_of_each_once() {
    let server = TestServer::start().await;
    let mut events = None;
    let listens = |store: &Store| events = Some(store.events());
    let device = with_conflicts(&server, 256, 5, listens).await;
    let mut events = events.unwrap();
    let mut heard = BTreeSet::new();
    for _ in 0..256 * 5 {
        assert!(heard.insert(next_conflict!(events)), "it comes once");
    }
    assert_eq!(heard.len(), 256 * 5);
    assert!(is_silent(&mut events).await);
    let device = device.restart(&server, "ada").await;
    device.store.sync().await.unwrap();
    assert!(is_silent(&mut device.store.events()).await);
    device.store.close().await;
    server.finish().await;
}

#[tokio::test]
async fn what_was_told_last_and_what_waits_come_after_the_next_start() {
    let server = TestServer::start().await;
    let device = with_conflicts(&server, 1, 3, |_| {}).await;
    let mut events = device.store.events();
    let first = next_conflict!(events);
    let second = next_conflict!(events);
    let device = device.restart(&server, "ada").await;
    drop(events);
    let mut events = device.store.events();
    assert_eq!(next_conflict!(events), second);
    assert_ne!(next_conflict!(events), first);
    assert!(is_silent(&mut events).await);
    device.store.close().await;
    server.finish().await;
}

#[tokio::test]
async fn everybody_who_listens_hears_of_all() {
    let server = TestServer::start().await;
    let device = with_conflicts(&server, 1, 3, |_| {}).await;
    let (mut fast, mut slow) = (device.store.events(), device.store.events());
    let mut all = [BTreeSet::new(), BTreeSet::new()];
    for _ in 0..3 {
        all[0].insert(next_conflict!(fast));
    }
    assert!(is_silent(&mut fast).await);
    for _ in 0..3 {
        all[1].insert(next_conflict!(slow));
    }
    assert_eq!(all[0], all[1]);
    assert!(is_silent(&mut slow).await);
    assert!(is_silent(&mut device.store.events()).await);
    device.store.close().await;
    server.finish().await;
}

/// Whoever waits for what comes next hears that nothing does.
#[tokio::test]
async fn a_listener_hears_the_end() {
    let server = TestServer::start().await;
    let device = Device::new(&server, "ada").await;
    device
        .notes()
        .set("1", doc(json!({ "n": 1 })))
        .await
        .unwrap();
    let (notes, mut events) = (device.notes(), device.store.events());
    let mut subscription = notes.subscribe(Query::all());
    let listening = tokio::spawn(async move { while events.recv().await.is_ok() {} });
    let watching = tokio::spawn(async move {
        while subscription.next().await.is_ok() {}
        subscription.next().await
    });
    device.store.close().await;
    let ended = async { (listening.await.unwrap(), watching.await.unwrap()) };
    let ((), closed) = tokio::time::timeout(PATIENCE, ended).await.unwrap();
    assert!(matches!(closed, Err(StoreError::Closed)), "{closed:?}");
    let got = notes.get("1").await;
    assert!(matches!(got, Err(StoreError::Closed)), "{got:?}");
    server.finish().await;
}
