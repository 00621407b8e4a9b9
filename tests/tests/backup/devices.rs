//! Devices that hold cursors from before the database came back.

use std::{collections::BTreeSet, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Executor;
use syncline_application::ports::Store;
use syncline_client::{CollectionName, DocumentId, HttpTransport, Node, SyncClient, sync};
use syncline_postgres::PostgresStore;
use syncline_tests::{
    Replica, TestDatabase, TestServer, first_sync,
    replica::{change, deletion, now, stamp},
    server::answer,
};
use tokio::time::{Instant, sleep};

const USER: &str = "ada";
const READER: &str = "grace";
const COLLECTION: &str = "notes";
const BEFORE: [&str; 5] = ["1", "2", "3", "4", "dropped"];

/// What the other user could see for a while, and what could be done with it.
const SHARED: [(&str, &str); 2] = [("3", "read"), ("4", "write")];

/// Devices may be ahead by so little that what is older than a test is not taken for lost.
const SETTINGS: &str = "limits.clockSkewSeconds = 1";
const SKEW: Duration = Duration::from_millis(1100);

/// How long a database may take to come back.
const PATIENCE: Duration = Duration::from_secs(30);

/// Devices of two users.
pub(crate) struct Devices {
    /// It had seen everything.
    whole: Replica,
    /// It was in the midst of a paged pull.
    paged: Replica,
    /// It pushed a document after the backup, and has an edit that it has yet to push.
    client: SyncClient,
    /// It has a document that was deleted so long ago that nobody else knows of it.
    old: SyncClient,
    /// The other user's: it has documents that it may no longer see, and has not heard of that.
    reader: SyncClient,
}

/// A server of this database.
pub(crate) async fn server(database: TestDatabase) -> TestServer {
    TestServer::with(database, SETTINGS).await
}

impl Devices {
    /// What the backup has, and devices that have seen it.
    pub(crate) async fn before(server: &TestServer) -> Self {
        let (mut whole, mut paged) = (Replica::new(COLLECTION), Replica::paged(COLLECTION, 1));
        let (mut client, mut old, mut reader) = (device("phone"), device("tablet"), device("desk"));
        push(server, &mut whole, "gone", 0).await;
        synced(server, USER, &mut old).await;
        let revision = stamp("laptop", 1);
        whole
            .sync(server, USER, &[deletion("gone", &revision)])
            .await;
        forget_tombstones(&server.database).await;
        sleep(SKEW).await;
        // Foreign transaction ids are higher than those of a young database.
        for key in BEFORE {
            push(server, &mut whole, key, 2).await;
        }
        for (key, access) in SHARED {
            let reader = json!({ "sharedWith": [{ "userId": READER, "access": access }] });
            share(server, key, &reader).await;
        }
        synced(server, READER, &mut reader).await;
        assert_eq!(reader.documents().count(), SHARED.len());
        for (key, _) in SHARED {
            share(server, key, &json!({ "visibility": "private" })).await;
        }
        synced(server, USER, &mut client).await;
        let page = server.sync(USER, paged.body(&[])).await;
        assert!(paged.apply(&page, &[]));
        Self {
            whole,
            paged,
            client,
            old,
            reader,
        }
    }

    /// What the backup lacks.
    pub(crate) async fn later(&mut self, server: &TestServer) {
        edit(&mut self.client, "late", "pushed after the backup");
        edit(&mut self.client, "1", "changed after the backup");
        synced(server, USER, &mut self.client).await;
        let deletion = deletion("dropped", &stamp("laptop", 3));
        self.whole.sync(server, USER, &[deletion]).await;
        synced(server, USER, &mut self.client).await;
        edit(&mut self.client, "2", "yet to be pushed");
    }

    /// What must hold on a server of the database that came back.
    pub(crate) async fn after(self, server: &TestServer) {
        let Self {
            whole,
            paged,
            mut client,
            mut old,
            mut reader,
        } = self;
        comes_back(server).await;
        let answer = server.sync(USER, whole.body(&[])).await;
        assert_eq!(answer["reset"], true, "{answer}");
        let heal_from = answer["healFrom"].as_str().unwrap();
        assert!(heal_from < client.server_clock().to_string().as_str());
        let mut fresh = fresh(server, USER).await;
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
        for _ in 0..2 {
            synced(server, USER, &mut client).await;
            synced(server, USER, &mut old).await;
            synced(server, READER, &mut reader).await;
        }
        assert_eq!(reader.documents().count(), 0, "its shares were revoked");
        assert_eq!(reader.rejected().count(), 0);
        assert!(self::fresh(server, READER).await.documents().is_empty());
        fresh.sync(server, USER, &[]).await;
        assert_eq!(titles(&fresh), HEALED.map(own).into());
        for device in [client, old] {
            assert_eq!(held(&device), titles(&fresh));
            assert_eq!(device.pending().count(), 0);
        }
        nothing_more(server, &fresh).await;
    }
}

/// The deletion of `dropped` came back as well; what was deleted long ago did not.
const HEALED: [(&str, &str); 5] = [
    ("1", "changed after the backup"),
    ("2", "yet to be pushed"),
    ("3", "3"),
    ("4", "4"),
    ("late", "pushed after the backup"),
];

fn own((key, title): (&str, &str)) -> (String, String) {
    (key.to_owned(), title.to_owned())
}

fn titles(replica: &Replica) -> BTreeSet<(String, String)> {
    let documents = replica.documents().iter();
    documents
        .map(|(key, document)| own((key, document["title"].as_str().unwrap())))
        .collect()
}

fn held(device: &SyncClient) -> BTreeSet<(String, String)> {
    let documents = device.documents();
    documents
        .map(|(id, document)| own((id.key.as_str(), document["title"].as_str().unwrap())))
        .collect()
}

fn device(node: &str) -> SyncClient {
    let collection = CollectionName::new(COLLECTION).unwrap();
    SyncClient::new(collection, Node::new(node).unwrap())
}

async fn push(server: &TestServer, replica: &mut Replica, key: &str, sequence: usize) {
    let change = change(key, &json!({ "title": key }), &stamp("laptop", sequence));
    replica.sync(server, USER, &[change]).await;
}

/// Changes who may see a document.
async fn share(server: &TestServer, key: &str, change: &Value) {
    let path = format!("/docIndex/todo/{key}?collection={COLLECTION}");
    let request = server.request(Method::PATCH, &path);
    let request = request.bearer_auth(server.token(USER));
    let shared = answer(request.json(change)).await;
    assert_eq!(shared.status, StatusCode::OK, "{}", shared.body);
}

/// Purges tombstones as if the retention had passed. Somebody else's transaction may hold it up.
async fn forget_tombstones(database: &TestDatabase) {
    let mut connection = database.connect().await;
    let age = "SET syncline.renewing = 'on';
        UPDATE documents SET written_at = written_at - interval '2 hours' WHERE deleted";
    connection.execute(sqlx::raw_sql(age)).await.unwrap();
    let store = PostgresStore::connect(database.options(), 1).await.unwrap();
    let begin = Instant::now();
    while store.purge(60 * 60 * 1000).await.unwrap().tombstones == 0 {
        assert!(begin.elapsed() < PATIENCE, "the tombstone stays");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Asks until the database answers.
async fn comes_back(server: &TestServer) {
    let begin = Instant::now();
    loop {
        let answer = server
            .post_sync("bob", "todo", &first_sync(COLLECTION))
            .await;
        if answer.status == StatusCode::OK {
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "{}", answer.body);
        sleep(Duration::from_millis(100)).await;
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

async fn fresh(server: &TestServer, user: &str) -> Replica {
    let mut fresh = Replica::new(COLLECTION);
    fresh.sync(server, user, &[]).await;
    fresh
}

fn edit(client: &mut SyncClient, key: &str, title: &str) {
    let id = DocumentId::own(key).unwrap();
    let mut document = client.get(&id).unwrap_or_default();
    document.insert("title".to_owned(), title.into());
    client.edit(&id, &document, now()).unwrap();
}

async fn synced(server: &TestServer, user: &str, client: &mut SyncClient) {
    let address = format!("http://{}", server.address());
    let transport = HttpTransport::new(&address, "todo", &server.token(user), None).unwrap();
    sync(client, &transport, now()).await.unwrap();
}
