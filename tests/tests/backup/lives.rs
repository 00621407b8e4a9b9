//! Devices from a life of the database of which the backup has nothing.

use serde_json::{Value, json};
use syncline_tests::{
    Replica, TestDatabase, TestServer,
    clients::{Child, Language},
    dump::{dump, restore},
    replica::{change, stamp},
};

use crate::{device::Device, devices::server, family::COLLECTION};

const USER: &str = "ada";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_stored_after_an_earlier_way_back_comes_back_as_well() {
    let server = server(TestDatabase::create().await).await;
    let old = change("old", &document(), &stamp("laptop", 1));
    Replica::new(COLLECTION).sync(&server, USER, &[old]).await;
    let backup = dump(&server.database, &["--clean", "--if-exists"]);
    restore(&server.database, &backup);
    let phone = phone_with_a_document(&server).await;
    // The backup does not know of the life in which the phone has synchronised.
    restore(&server.database, &backup);
    phone.sync(&server).await;
    assert_eq!(stored(&server).await, ["new", "old"]);
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_without_a_document_lacks_all_that_a_device_holds() {
    let server = server(TestDatabase::create().await).await;
    let backup = dump(&server.database, &["--clean", "--if-exists"]);
    let phone = phone_with_a_document(&server).await;
    restore(&server.database, &backup);
    phone.sync(&server).await;
    assert_eq!(stored(&server).await, ["new"]);
    server.finish().await;
}

fn document() -> Value {
    json!({ "title": "a document" })
}

/// A device that has pushed a document, and heard that it is stored.
async fn phone_with_a_document(server: &TestServer) -> Device {
    let phone = Device::new(USER, "phone", &Child::new(Language::Rust)).await;
    let id = (None, "new".to_owned());
    phone.edit(server, &[(id, document())]).await;
    phone.sync(server).await;
    assert!(stored(server).await.contains(&"new".to_owned()));
    phone
}

async fn stored(server: &TestServer) -> Vec<String> {
    let mut fresh = Replica::new(COLLECTION);
    fresh.sync(server, USER, &[]).await;
    fresh.documents().keys().cloned().collect()
}
