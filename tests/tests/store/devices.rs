//! Several devices, of one person and of several.

use std::time::Duration;

use serde_json::json;
use syncline_client::{
    CollectionName, DocumentId, HttpTransport, Node, SyncClient,
    store::{Query, Store, StoreEvent},
    sync,
};
use syncline_tests::{TestServer, replica::now, server::answer};
use tokio::time::timeout;

use crate::{
    device::{Device, PATIENCE, doc, eventually, hear, options, titled},
    recorder,
};

#[tokio::test]
async fn what_one_device_does_the_other_has_at_once() {
    let server = TestServer::start().await;
    let phone = Device::new(&server, "ada").await;
    let laptop = Device::new(&server, "ada").await;
    laptop.notes();
    // After the first it is certain that both listen: nothing else brings the others.
    for key in ["a", "b", "c"] {
        phone.notes().set(key, titled(key)).await.unwrap();
        eventually("it arrives", async || {
            laptop.keys().await.contains(&key.to_owned())
        })
        .await;
    }
    assert!(laptop.notes().delete("a").await.unwrap());
    eventually("the deletion arrives", async || {
        phone.keys().await == ["b", "c"]
    })
    .await;
    assert_eq!(phone.notes().get("b").await.unwrap(), Some(titled("b")));
    assert_eq!(phone.notes().get("a").await.unwrap(), None);
    drop((phone, laptop));
    server.finish().await;
}

#[tokio::test]
async fn subscribers_are_told_what_meets_their_query() {
    let server = TestServer::start().await;
    let device = Device::new(&server, "ada").await;
    let notes = device.notes();
    let mut open = notes.subscribe(Query::all().field("done", false).limit(2));
    assert!(open.next().await.unwrap().is_empty());
    for key in ["b", "a", "c"] {
        let task = doc(json!({ "title": key, "done": false }));
        notes.set(key, task).await.unwrap();
    }
    let mut keys = Vec::new();
    while keys != ["a", "b"] {
        let found = open.next().await.unwrap();
        keys = found.iter().map(|found| found.id.key.to_string()).collect();
    }
    let finish = |task: &mut syncline_client::Document| {
        task.insert("done".to_owned(), true.into());
    };
    let finished = notes.update("a", finish).await.unwrap().unwrap();
    assert_eq!(finished["done"], true);
    while keys != ["b", "c"] {
        let found = open.next().await.unwrap();
        keys = found.iter().map(|found| found.id.key.to_string()).collect();
    }
    assert_eq!(notes.update("nothing", |_| {}).await.unwrap(), None);
    drop(device);
    server.finish().await;
}

#[tokio::test]
async fn conflicts_are_told_with_both_values_to_whoever_listens_first() {
    let server = TestServer::start().await;
    let (phone, laptop) = (
        Device::new(&server, "ada").await,
        Device::new(&server, "ada").await,
    );
    let base = doc(json!({ "title": "x", "text": "one\ntwo\n" }));
    phone.notes().set("1", base).await.unwrap();
    phone.store.sync().await.unwrap();
    laptop.notes();
    laptop.store.sync().await.unwrap();
    let phone = offline(&server, phone).await;
    let laptop = offline(&server, laptop).await;
    let edit = |title: &'static str, text: &'static str| {
        move |note: &mut syncline_client::Document| {
            note.insert("title".to_owned(), title.into());
            note.insert("text".to_owned(), text.into());
        }
    };
    let note = |device: &Device| device.notes();
    note(&phone)
        .update("1", edit("phone", "zero\none\ntwo\n"))
        .await
        .unwrap();
    note(&laptop)
        .update("1", edit("laptop", "one\ntwo\nthree\n"))
        .await
        .unwrap();
    let phone = phone.restart(&server, "ada").await;
    phone.store.sync().await.unwrap();
    let laptop = laptop.restart(&server, "ada").await;
    laptop.store.sync().await.unwrap();
    let laptop = laptop.restart(&server, "ada").await;
    let mut events = laptop.store.events();
    let conflict = hear(&mut events, |event| match event {
        StoreEvent::Conflict { conflict, .. } if conflict.conflict.field.as_str() == "title" => {
            Some(conflict.conflict)
        }
        _ => None,
    });
    let conflict = conflict.await;
    assert_eq!(conflict.local_value, "laptop");
    assert_eq!(conflict.remote_value, "phone");
    let expected = doc(json!({ "title": "laptop", "text": "zero\none\ntwo\nthree\n" }));
    assert_eq!(
        laptop.notes().get("1").await.unwrap(),
        Some(expected.clone())
    );
    phone.store.sync().await.unwrap();
    assert_eq!(phone.notes().get("1").await.unwrap(), Some(expected));
    drop((phone, laptop));
    server.finish().await;
}

/// The device without a network: its server is another address, where nobody listens.
async fn offline(server: &TestServer, device: Device) -> Device {
    device.store.close().await;
    let Device { store, folder } = device;
    drop(store);
    let options = crate::device::options(server, "ada", &folder).offline();
    let store = syncline_client::store::Store::open(options).await.unwrap();
    Device { store, folder }
}

#[tokio::test]
async fn a_long_first_pull_tells_how_far_it_is() {
    let server = TestServer::start().await;
    let phone = Device::new(&server, "ada").await;
    for number in 0..120 {
        phone
            .notes()
            .set(format!("{number:03}").as_str(), titled("x"))
            .await
            .unwrap();
    }
    phone.store.sync().await.unwrap();
    assert_eq!(phone.store.unsent().await.unwrap(), 0);
    let laptop = Device::new(&server, "ada").await;
    let mut events = laptop.store.events();
    laptop.notes();
    let mut seen = Vec::new();
    while seen.last() != Some(&(120, true)) {
        let progress = hear(&mut events, |event| match event {
            StoreEvent::Progress {
                received,
                is_complete,
                ..
            } => Some((received, is_complete)),
            _ => None,
        });
        seen.push(progress.await);
    }
    assert!(seen.contains(&(50, false)), "{seen:?}");
    assert_eq!(laptop.keys().await.len(), 120);
    drop((phone, laptop));
    server.finish().await;
}

/// The server's pages are of the time when the pull began.
#[tokio::test]
async fn a_pull_that_was_interrupted_ends_with_what_came_since() {
    let server = TestServer::start().await;
    let phone = Device::new(&server, "ada").await;
    for key in ["a", "b"] {
        phone.notes().set(key, titled(key)).await.unwrap();
    }
    phone.store.sync().await.unwrap();
    let transport = HttpTransport::new(&server.url(""), "todo", &server.token("ada"), None);
    let transport = transport.unwrap();
    let (collection, node) = (CollectionName::new("notes"), Node::new("laptop"));
    let mut laptop = SyncClient::new(collection.unwrap(), node.unwrap()).with_page_size(Some(1));
    let request = laptop.begin_sync().unwrap();
    let first = transport.send(&request).await.unwrap();
    assert!(laptop.apply(first, now()).unwrap().has_more);
    phone.notes().set("new", titled("new")).await.unwrap();
    phone.store.sync().await.unwrap();
    sync(&mut laptop, &transport, now()).await.unwrap();
    let keys: Vec<_> = laptop.documents().map(|(id, _)| id.key.as_str()).collect();
    assert_eq!(keys, ["a", "b", "new"]);
    drop(phone);
    server.finish().await;
}

#[tokio::test]
async fn what_others_share_comes_and_goes() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        Device::new(&server, "ada").await,
        Device::new(&server, "bob").await,
    );
    ada.notes().set("1", titled("shared")).await.unwrap();
    ada.store.sync().await.unwrap();
    bob.notes();
    let patch = async |body: serde_json::Value| {
        let request = server.request(reqwest::Method::PATCH, "/docIndex/todo/1");
        let answer = answer(request.bearer_auth(server.token("ada")).json(&body)).await;
        assert!(answer.status.is_success(), "{}", answer.body);
    };
    let share = json!([{ "userId": "bob", "app": "todo", "access": "write" }]);
    patch(json!({ "sharedWith": share })).await;
    let id = DocumentId::of("ada", "1").unwrap();
    let bobs = bob.notes();
    eventually("it comes", async || bobs.get(&id).await.unwrap().is_some()).await;
    bobs.update(&id, |note| drop(note.insert("by".to_owned(), "bob".into())))
        .await
        .unwrap();
    let adas = ada.notes();
    eventually("the edit arrives", async || {
        adas.get("1")
            .await
            .unwrap()
            .is_some_and(|note| note.contains_key("by"))
    })
    .await;
    patch(json!({ "visibility": "private" })).await;
    eventually("it goes", async || bobs.get(&id).await.unwrap().is_none()).await;
    drop((ada, bob));
    server.finish().await;
}

/// The server tells of them without an owner.
#[tokio::test]
async fn who_names_the_user_as_the_owner_means_the_users_own_documents() {
    let server = TestServer::start().await;
    let device = Device::new(&server, "ada").await;
    let (notes, id) = (device.notes(), DocumentId::of("ada", "1").unwrap());
    notes.set(&id, titled("mine")).await.unwrap();
    device.store.sync().await.unwrap();
    assert_eq!(notes.get(&id).await.unwrap(), Some(titled("mine")));
    assert_eq!(notes.get("1").await.unwrap(), Some(titled("mine")));
    notes
        .update(&id, |note| drop(note.insert("n".to_owned(), 1.into())))
        .await
        .unwrap();
    device.store.sync().await.unwrap();
    assert!(notes.delete(&id).await.unwrap());
    device.store.sync().await.unwrap();
    assert!(device.keys().await.is_empty());
    drop(device);
    server.finish().await;
}

#[tokio::test]
async fn an_organisations_documents_are_collections_of_their_own() {
    let server = TestServer::start().await;
    let post = async |path: String, body: serde_json::Value| {
        let request = server.request(reqwest::Method::POST, &path);
        let answer = answer(request.bearer_auth(server.token("ada")).json(&body)).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        answer.body
    };
    let acme = post("/orgs".to_owned(), json!({ "name": "Acme" })).await;
    let acme = acme["orgId"].as_str().unwrap().to_owned();
    post(format!("/orgs/{acme}/members"), json!({ "userId": "bob" })).await;
    let (ada, bob) = (
        Device::new(&server, "ada").await,
        Device::new(&server, "bob").await,
    );
    let adas = ada.store.organisation_collection(&acme, "notes").unwrap();
    let bobs = bob.store.organisation_collection(&acme, "notes").unwrap();
    adas.set("1", titled("ours")).await.unwrap();
    eventually("it arrives", async || {
        bobs.get("1").await.unwrap().is_some()
    })
    .await;
    assert_eq!(bob.keys().await, [""; 0], "the user's own are others");
    let leave = server.request(
        reqwest::Method::DELETE,
        &format!("/orgs/{acme}/members/bob"),
    );
    assert!(
        answer(leave.bearer_auth(server.token("bob")))
            .await
            .status
            .is_success()
    );
    bob.store.forget_organisation(&acme, false).await.unwrap();
    assert!(bobs.get("1").await.unwrap().is_none());
    drop((ada, bob));
    server.finish().await;
}

#[tokio::test]
async fn a_device_may_pull_as_rarely_as_it_likes() {
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let options = options(&server, "ada", &folder).poll_interval(Some(Duration::MAX));
    let store = Store::open(options).await.unwrap();
    let synced = tokio::time::timeout(PATIENCE, store.sync()).await;
    synced.expect("it synchronises").unwrap();
    drop(store);
    server.finish().await;
}

#[tokio::test]
async fn a_query_takes_numbers_for_what_they_are() {
    let server = TestServer::start().await;
    let device = Device::new(&server, "ada").await;
    let notes = device.notes();
    notes.set("a", doc(json!({ "n": 2.0 }))).await.unwrap();
    let found = notes.query(&Query::all().field("n", 2)).await.unwrap();
    assert_eq!(found.len(), 1);
    drop(device);
    server.finish().await;
}

/// Many ask for it whenever they look at a document.
#[tokio::test]
async fn a_collection_is_synchronised_when_it_is_asked_for_first() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut requests) = recorder::open(&folder).await;
    let notes = store.collection("notes").unwrap();
    store.sync().await.unwrap();
    while requests.try_recv().is_ok() {}
    for _ in 0..3 {
        store.collection("notes").unwrap();
    }
    // Nor is there anything to push.
    assert!(!notes.delete("a").await.unwrap());
    notes.update("a", |_| {}).await.unwrap();
    store.collection("tasks").unwrap();
    let next = timeout(PATIENCE, requests.recv()).await;
    let next = next.expect("the new one is pulled").unwrap();
    assert_eq!(next["collection"], "tasks");
    store.close().await;
}
