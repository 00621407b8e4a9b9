//! A push that is tried without locks is stored if nothing has changed since it was read, and leaves
//! nothing behind otherwise.

#![cfg(test)]

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor;
use syncline_application::ports::{
    Before, DocumentWrite, LockRequest, Scope, Store, StoreError, SyncAttempt, Written,
};
use syncline_domain::{
    access::Namespace,
    hlc::{Hlc, UnixMillis},
    identifier::{ApplicationName, CollectionName, DocumentKey, OrganisationId, UserId},
    merge::Version,
};
use syncline_postgres::{PostgresStore, renew_incarnation};
use syncline_tests::{
    Replica, TestServer, first_sync,
    replica::{change, deletion, stamp},
    server::answer,
};

const COLLECTION: &str = "notes";

/// A server, and a store of its database to try pushes with.
struct Trial {
    server: TestServer,
    store: PostgresStore,
}

/// A push that was read and not yet stored.
struct Tried {
    attempt: Box<dyn SyncAttempt>,
    before: Before,
}

impl Trial {
    /// One document is there.
    async fn begin() -> Self {
        let server = TestServer::start().await;
        let mut device = Replica::new(COLLECTION);
        device
            .sync(&server, "ada", &[edit("there", "first", 1)])
            .await;
        let store = PostgresStore::connect(server.database.options(), 2).await;
        let store = store.unwrap();
        Self { server, store }
    }

    async fn read(&self, namespace: Namespace, writer: &str, key: &str) -> Tried {
        let scope = Arc::new(Scope {
            namespace,
            application: ApplicationName::new("todo").unwrap(),
            collection: CollectionName::new(COLLECTION).unwrap(),
        });
        let request = LockRequest {
            session_began_at: UnixMillis(0),
            scope,
            writer: UserId::new(writer).unwrap(),
            keys: vec![DocumentKey::new(key).unwrap()],
        };
        let read = self.store.attempt(&[request]).await;
        let (attempt, before) = read.unwrap_or_else(|error| panic!("{error}"));
        Tried { attempt, before }
    }

    /// Everything that is stored, superseded versions included.
    async fn stored(&self) -> Vec<(String, i64, String)> {
        let mut connection = self.server.database.connect().await;
        sqlx::query_as(
            "SELECT key, version, content::text FROM documents
            UNION ALL SELECT key, version, content::text FROM document_versions ORDER BY 1, 2",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap()
    }

    /// What was tried is refused, and nothing but what others did is stored.
    #[track_caller]
    fn is_refused(&self, tried: Tried) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let before = self.stored().await;
            let refused = tried.write().await;
            let is_contention = matches!(refused, Err(StoreError::Contention));
            assert!(is_contention, "{caller}: {refused:?}");
            assert_eq!(self.stored().await, before, "{caller}");
        }
    }
}

impl Tried {
    async fn write(self) -> Result<Written, StoreError> {
        let current = self.before.current.first().and_then(Option::as_ref);
        let version = Version {
            number: current.map_or(1, |current| current.version.number + 1),
            revision: stamp("tablet", 9).parse().unwrap(),
            field_revisions: [("title".into(), stamp("tablet", 9).parse::<Hlc>().unwrap())].into(),
            content: json!({ "title": "tried" }).as_object().unwrap().clone(),
            deleted: false,
        };
        let write = DocumentWrite {
            document: 0,
            version: Some(&version),
            pushes: &[],
        };
        self.attempt.write(&[write], &[]).await
    }
}

fn edit(key: &str, title: &str, sequence: usize) -> Value {
    change(key, &json!({ "title": title }), &stamp("laptop", sequence))
}

fn ada() -> Namespace {
    Namespace::Personal(UserId::new("ada").unwrap())
}

#[tokio::test]
async fn what_has_not_changed_is_stored() {
    let trial = Trial::begin().await;
    for key in ["new", "there"] {
        let tried = trial.read(ada(), "ada", key).await;
        tried.write().await.unwrap();
    }
    let stored = trial.stored().await;
    let stored: Vec<_> = stored
        .iter()
        .map(|(key, version, _)| (&**key, *version))
        .collect();
    assert_eq!(stored, [("new", 1), ("there", 1), ("there", 2)]);
    let answer = trial.server.sync("ada", first_sync(COLLECTION)).await;
    let titles = answer["serverChanges"].as_array().unwrap().iter();
    assert!(
        titles
            .map(|document| &document["title"])
            .all(|title| title == "tried")
    );
}

#[tokio::test]
async fn a_document_that_others_wrote_is_left_alone() {
    let trial = Trial::begin().await;
    for (key, change) in [
        ("there", edit("there", "second", 2)),
        ("new", edit("new", "first", 3)),
        ("there", deletion("there", &stamp("laptop", 4))),
    ] {
        let tried = trial.read(ada(), "ada", key).await;
        let mut device = Replica::new(COLLECTION);
        device.sync(&trial.server, "ada", &[]).await;
        device.sync(&trial.server, "ada", &[change]).await;
        trial.is_refused(tried).await;
    }
}

#[tokio::test]
async fn nobody_is_waited_for_who_is_about_to_write() {
    let trial = Trial::begin().await;
    let tried = trial.read(ada(), "ada", "there").await;
    let mut other = trial.server.database.connect().await;
    other.execute("BEGIN").await.unwrap();
    other
        .execute("SELECT FROM documents FOR UPDATE")
        .await
        .unwrap();
    trial.is_refused(tried).await;
}

#[tokio::test]
async fn a_namespace_that_is_deleted_stays_so() {
    let trial = Trial::begin().await;
    let held = trial.read(ada(), "ada", "new").await;
    let mut other = trial.server.database.connect().await;
    other.execute("BEGIN").await.unwrap();
    other
        .execute("SELECT pg_advisory_xact_lock(namespace_id) FROM namespaces")
        .await
        .unwrap();
    trial.is_refused(held).await;
    other.execute("ROLLBACK").await.unwrap();

    let gone = trial.read(ada(), "ada", "new").await;
    let request = trial.server.request(Method::DELETE, "/account");
    let deleted = answer(request.bearer_auth(trial.server.token("ada"))).await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    trial.is_refused(gone).await;
    assert!(trial.stored().await.is_empty());
    let unknown = trial.read(ada(), "ada", "new").await;
    assert_eq!(unknown.before.is_member, [false]);
}

#[tokio::test]
async fn whoever_was_sent_away_writes_nothing() {
    let trial = Trial::begin().await;
    let server = &trial.server;
    let ask = async |method: Method, path: &str, body: Value| {
        let request = server.request(method, path).json(&body);
        answer(request.bearer_auth(server.token("ada"))).await
    };
    let founded = ask(Method::POST, "/orgs", json!({ "name": "club" })).await;
    let id = founded.body["orgId"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", founded.body));
    let club = Namespace::Organisation(OrganisationId::new(id).unwrap());
    let members = format!("/orgs/{id}/members");
    let added = ask(Method::POST, &members, json!({ "userId": "grace" })).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let kept = trial.read(club.clone(), "grace", "kept").await;
    kept.write().await.unwrap();
    let tried = trial.read(club.clone(), "grace", "new").await;
    let removed = ask(Method::DELETE, &format!("{members}/grace"), Value::Null).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    trial.is_refused(tried).await;
    let outside = trial.read(club, "grace", "new").await;
    assert_eq!(outside.before.is_member, [false]);
}

#[tokio::test]
async fn nothing_is_stored_in_another_life_of_the_database() {
    let trial = Trial::begin().await;
    let tried = trial.read(ada(), "ada", "new").await;
    renew_incarnation(trial.server.database.options())
        .await
        .unwrap();
    trial.is_refused(tried).await;
}
