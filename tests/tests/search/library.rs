//! A server with documents to be searched.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_domain::document::{Document, flatten};
use syncline_tests::{
    Answer, TestDatabase, TestServer,
    replica::{deletion, stamp},
    server::answer,
};

/// A server, and the documents that its users gave it.
pub(crate) struct Library {
    pub(crate) server: TestServer,
    application: &'static str,
}

impl Library {
    pub(crate) async fn open() -> Self {
        Self::of("shopping-list", "").await
    }

    /// The documents of this application, with more configuration.
    pub(crate) async fn of(application: &'static str, configuration: &str) -> Self {
        let database = TestDatabase::create().await;
        let server = TestServer::with(database, configuration).await;
        Self {
            server,
            application,
        }
    }

    /// Stores documents of `user`.
    pub(crate) async fn put(&self, user: &str, collection: &str, documents: &[(&str, Value)]) {
        let changes: Vec<_> = documents
            .iter()
            .map(|(key, document)| change(key, document.as_object().unwrap()))
            .collect();
        self.push(user, collection, &changes).await;
    }

    /// Stores documents of `ada`, each under its number in two digits.
    pub(crate) async fn fill(&self, collection: &str, documents: &[Document]) {
        let numbered = documents.iter().enumerate();
        let changes: Vec<_> = numbered
            .map(|(number, document)| change(&format!("{number:02}"), document))
            .collect();
        self.push("ada", collection, &changes).await;
    }

    /// Deletes a document of `user`.
    pub(crate) async fn delete(&self, user: &str, collection: &str, key: &str) {
        let change = deletion(key, &stamp("phone", 1));
        self.push(user, collection, &[change]).await;
    }

    async fn push(&self, user: &str, collection: &str, changes: &[Value]) {
        let body = json!({
            "collection": collection, "protocol": 2, "echo": false, "changes": changes,
        });
        let answer = self.server.post_sync(user, self.application, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }

    /// Sends the body of a search of `user`.
    pub(crate) async fn ask(&self, user: &str, application: &str, body: &Value) -> Answer {
        let path = format!("/{application}/search");
        let request = self.server.request(Method::POST, &path);
        answer(request.bearer_auth(self.server.token(user)).json(body)).await
    }

    /// Searches and takes nothing but success.
    #[track_caller]
    pub(crate) fn search(&self, user: &str, body: Value) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.ask(user, self.application, &body).await;
            assert_eq!(
                answer.status,
                StatusCode::OK,
                "{caller}: {} to {body}",
                answer.body
            );
            answer.body
        }
    }

    /// The keys of what a filter finds, in their order.
    pub(crate) async fn find(&self, collection: &str, filter: &Value) -> Vec<String> {
        let body = json!({ "collection": collection, "filter": filter, "limit": 500 });
        keys(&self.search("ada", body).await)
    }

    /// The keys of all pages of a search.
    pub(crate) async fn pages(&self, mut body: Value) -> Vec<String> {
        let mut found = Vec::new();
        loop {
            let answer = self.search("ada", body.clone()).await;
            found.extend(keys(&answer));
            let Some(cursor) = answer.get("nextCursor") else {
                return found;
            };
            assert!(
                !keys(&answer).is_empty(),
                "a page before others has results"
            );
            body["cursor"] = cursor.clone();
        }
    }
}

/// The keys of the results.
pub(crate) fn keys(answer: &Value) -> Vec<String> {
    let results = answer["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| result["_key"].as_str().unwrap().to_owned())
        .collect()
}

/// A condition.
pub(crate) fn leaf(field: &str, op: &str, value: impl Into<Value>) -> Value {
    json!({ "type": "filter", "field": field, "op": op, "value": value.into() })
}

/// A change that makes `document` the document.
fn change(key: &str, document: &Document) -> Value {
    let revision = stamp("phone", 0);
    let revisions: serde_json::Map<_, _> = flatten(document)
        .into_keys()
        .map(|path| (path.into(), Value::from(revision.as_str())))
        .collect();
    json!({ "key": key, "doc": document, "fieldRevs": revisions })
}
