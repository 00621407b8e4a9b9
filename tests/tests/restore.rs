//! A dump that is restored begins another life of the database: cursors of the one before are of no
//! use, and devices bring back what the dump did not have.

#![cfg(test)]

use serde_json::{Value, json};
use syncline_client::{CollectionName, DocumentId, HttpTransport, Node, SyncClient, sync};
use syncline_postgres::local_cluster::LocalCluster;
use syncline_tests::{
    Replica, TestDatabase, TestServer,
    dump::{dump, restore},
    replica::{change, now, stamp},
};

const USER: &str = "ada";
const COLLECTION: &str = "notes";
const BEFORE: [&str; 4] = ["1", "2", "3", "4"];

/// Devices that hold cursors from before the restore.
struct Devices {
    /// It had seen everything.
    whole: Replica,
    /// It was in the midst of a paged pull.
    paged: Replica,
    /// It pushed a document after the dump was made, and has an edit that it has yet to push.
    client: SyncClient,
}

impl Devices {
    /// Devices on a server whose dump is made by `dump` before the last documents are stored.
    async fn before<T>(server: &TestServer, dump: impl FnOnce() -> T) -> (Self, T) {
        let (mut whole, mut paged) = (Replica::new(COLLECTION), Replica::paged(COLLECTION, 1));
        let mut client = SyncClient::new(
            CollectionName::new(COLLECTION).unwrap(),
            Node::new("phone").unwrap(),
        );
        // Foreign transaction ids are higher than those of a young database.
        for key in BEFORE {
            let change = change(key, &json!({ "title": key }), &stamp("laptop", 0));
            whole.sync(server, USER, &[change]).await;
        }
        synced(server, &mut client).await;
        let page = server.sync(USER, paged.body(&[])).await;
        assert!(paged.apply(&page, &[]));
        let dump = dump();
        edit(&mut client, "late", "pushed after the dump");
        edit(&mut client, "1", "changed after the dump");
        synced(server, &mut client).await;
        edit(&mut client, "2", "yet to be pushed");
        whole.sync(server, USER, &[]).await;
        (
            Self {
                whole,
                paged,
                client,
            },
            dump,
        )
    }

    /// What must hold on a server that has the dump.
    async fn after(self, server: &TestServer) {
        let Self {
            whole,
            paged,
            mut client,
        } = self;
        let answer = server.sync(USER, whole.body(&[])).await;
        assert_eq!(answer["reset"], true, "{answer}");
        let heal_from = answer["healFrom"].as_str().unwrap();
        assert!(heal_from < client.server_clock().to_string().as_str());
        let mut fresh = fresh(server).await;
        assert_eq!(fresh.documents().keys().collect::<Vec<_>>(), BEFORE);
        for mut replica in [whole, paged] {
            replica.sync(server, USER, &[]).await;
            assert_eq!(
                (replica.resets, replica.documents()),
                (1, fresh.documents())
            );
            nothing_more(server, &replica).await;
        }
        nothing_more(server, &fresh).await;
        synced(server, &mut client).await;
        fresh.sync(server, USER, &[]).await;
        let titles = ["1", "2", "3", "4", "late"].map(|key| &fresh.documents()[key]["title"]);
        assert_eq!(
            titles,
            [
                "changed after the dump",
                "yet to be pushed",
                "3",
                "4",
                "pushed after the dump"
            ]
        );
        assert_eq!(client.documents().count(), fresh.documents().len());
        assert_eq!(client.pending().count(), 0);
        nothing_more(server, &fresh).await;
    }
}

/// A row that kept its foreign transaction would be sent for ever.
async fn nothing_more(server: &TestServer, replica: &Replica) {
    let answer = server.sync(USER, replica.body(&[])).await;
    assert_eq!(
        (&answer["serverChanges"], &answer["reset"]),
        (&json!([]), &Value::Null)
    );
}

async fn fresh(server: &TestServer) -> Replica {
    let mut fresh = Replica::new(COLLECTION);
    fresh.sync(server, USER, &[]).await;
    fresh
}

fn edit(client: &mut SyncClient, key: &str, title: &str) {
    let id = DocumentId::own(key).unwrap();
    let mut document = client.get(&id).unwrap_or_default();
    document.insert("title".to_owned(), title.into());
    client.edit(&id, &document, now()).unwrap();
}

async fn synced(server: &TestServer, client: &mut SyncClient) {
    let address = format!("http://{}", server.address());
    let transport = HttpTransport::new(&address, "todo", &server.token(USER), None).unwrap();
    sync(client, &transport, now()).await.unwrap();
}

#[tokio::test]
async fn into_another_database_of_the_same_cluster() {
    let server = TestServer::start().await;
    let (devices, dump) = Devices::before(&server, || dump(&server.database, &[])).await;
    let restored = TestDatabase::empty().await;
    restore(&restored, &dump);
    let other = TestServer::on(restored).await;
    devices.after(&other).await;
    other.finish().await;
    server.finish().await;
}

#[tokio::test]
async fn into_another_cluster() {
    let server = TestServer::start().await;
    let (devices, dump) = Devices::before(&server, || dump(&server.database, &[])).await;
    let folder = tempfile::tempdir().unwrap();
    let cluster = LocalCluster::start(folder.path()).await.unwrap();
    let restored = TestDatabase::at(cluster.connect_options());
    restore(&restored, &dump);
    let other = TestServer::on(restored).await;
    devices.after(&other).await;
    other.stop().await;
    cluster.stop().await.unwrap();
    server.finish().await;
}

#[tokio::test]
async fn into_the_same_database_under_a_running_server() {
    let server = TestServer::start().await;
    let clean = || dump(&server.database, &["--clean"]);
    let (devices, dump) = Devices::before(&server, clean).await;
    restore(&server.database, &dump);
    devices.after(&server).await;
    server.finish().await;
}

#[tokio::test]
async fn twice_into_the_same_database() {
    let server = TestServer::start().await;
    let clean = || dump(&server.database, &["--clean"]);
    let (devices, first) = Devices::before(&server, clean).await;
    restore(&server.database, &first);
    // Somebody writes in the life between the two, and loses it.
    let between = change("between", &json!({ "title": "lost" }), &stamp("laptop", 1));
    fresh(&server).await.sync(&server, USER, &[between]).await;
    restore(&server.database, &first);
    devices.after(&server).await;
    server.finish().await;
}
