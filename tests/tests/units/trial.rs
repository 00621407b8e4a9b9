//! A store of a server's database, to try pushes with.

use std::sync::Arc;

use serde_json::{Value, json};
use syncline_application::ports::{
    Before, DocumentWrite, LockRequest, Scope, Store, StoreError, SyncAttempt, Written,
};
use syncline_domain::{
    access::Namespace,
    hlc::{Hlc, UnixMillis},
    identifier::{ApplicationName, CollectionName, DocumentKey, UserId},
    merge::Version,
};
use syncline_postgres::PostgresStore;
use syncline_tests::{
    Replica, TestServer,
    replica::{change, stamp},
};

pub(crate) const COLLECTION: &str = "notes";

/// A server, and a store of its database to try pushes with.
pub(crate) struct Trial {
    pub(crate) server: TestServer,
    pub(crate) store: PostgresStore,
}

/// A push that was read and not yet stored.
pub(crate) struct Tried {
    attempt: Box<dyn SyncAttempt>,
    pub(crate) before: Before,
}

impl Trial {
    /// One document is there.
    pub(crate) async fn begin() -> Self {
        let server = TestServer::start().await;
        let mut device = Replica::new(COLLECTION);
        device
            .sync(&server, "ada", &[edit("there", "first", 1)])
            .await;
        let store = PostgresStore::connect(server.database.options(), 2).await;
        let store = store.unwrap();
        Self { server, store }
    }

    pub(crate) async fn read(&self, namespace: Namespace, writer: &str, key: &str) -> Tried {
        let request = request(namespace, writer, key);
        let read = self.store.attempt(&[request], usize::MAX).await;
        let (attempt, before) = read.unwrap_or_else(|error| panic!("{error}"));
        Tried { attempt, before }
    }

    /// Everything that is stored, superseded versions included.
    pub(crate) async fn stored(&self) -> Vec<(String, i64, String)> {
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
    pub(crate) fn is_refused(&self, tried: Tried) -> impl Future<Output = ()> {
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
    pub(crate) async fn write(self) -> Result<Written, StoreError> {
        let version = next_version(&self.before);
        self.attempt.write(&[write(&version)], &[]).await
    }
}

/// A unit of work about one document.
pub(crate) fn request(namespace: Namespace, writer: &str, key: &str) -> LockRequest {
    LockRequest {
        session_began_at: UnixMillis(0),
        scope: scope(namespace),
        writer: UserId::new(writer).unwrap(),
        keys: vec![DocumentKey::new(key).unwrap()],
    }
}

pub(crate) fn scope(namespace: Namespace) -> Arc<Scope> {
    Arc::new(Scope {
        namespace,
        application: ApplicationName::new("todo").unwrap(),
        collection: CollectionName::new(COLLECTION).unwrap(),
    })
}

/// What the first document is to become.
pub(crate) fn next_version(before: &Before) -> Version {
    let current = before.current.first().and_then(Option::as_ref);
    Version {
        number: current.map_or(1, |current| current.version.number + 1),
        revision: stamp("tablet", 9).parse().unwrap(),
        field_revisions: [("title".into(), stamp("tablet", 9).parse::<Hlc>().unwrap())].into(),
        content: json!({ "title": "tried" }).as_object().unwrap().clone(),
        deleted: false,
    }
}

/// Stores it.
pub(crate) fn write(version: &Version) -> DocumentWrite<'_> {
    DocumentWrite {
        document: 0,
        version: Some(version),
        pushes: &[],
    }
}

pub(crate) fn edit(key: &str, title: &str, sequence: usize) -> Value {
    change(key, &json!({ "title": title }), &stamp("laptop", sequence))
}

pub(crate) fn ada() -> Namespace {
    Namespace::Personal(UserId::new("ada").unwrap())
}
