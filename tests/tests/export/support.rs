//! A server with documents to export.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    Answer, TestServer,
    replica::{change, stamp},
    server::answer,
};

pub(crate) const USER: &str = "ada";
pub(crate) const OTHER: &str = "sam";

/// Stores documents, named by their keys, in a collection of an application.
pub(crate) async fn store(
    server: &TestServer,
    application: &str,
    collection: &str,
    documents: &[(&str, Value)],
) {
    let revision = stamp("phone", 0);
    let changes: Vec<_> = documents
        .iter()
        .map(|(key, doc)| change(key, doc, &revision))
        .collect();
    let body = json!({ "collection": collection, "changes": changes, "echo": false });
    let answer = server.post_sync(USER, application, &body).await;
    is(&answer, StatusCode::OK);
}

/// Stores so many documents with the keys `00000` and so on.
pub(crate) async fn store_many(server: &TestServer, collection: &str, count: usize) {
    let documents: Vec<_> = (0..count)
        .map(|number| {
            (
                format!("{number:05}"),
                json!({ "number": number, "text": "some text" }),
            )
        })
        .collect();
    let documents: Vec<_> = documents
        .iter()
        .map(|(key, doc)| (key.as_str(), doc.clone()))
        .collect();
    for documents in documents.chunks(1_000) {
        store(server, "todo", collection, documents).await;
    }
}

pub(crate) async fn get(server: &TestServer, user: &str, path: &str) -> Answer {
    let request = server.request(Method::GET, path);
    answer(request.bearer_auth(server.token(user))).await
}

pub(crate) async fn post(server: &TestServer, user: &str, path: &str, body: &Value) -> Answer {
    let request = server.request(Method::POST, path);
    answer(request.bearer_auth(server.token(user)).json(body)).await
}

/// What an export of [`USER`]'s gives as text.
pub(crate) async fn export(server: &TestServer, query: &str) -> String {
    let request = server.request(Method::GET, &format!("/account/export{query}"));
    let request = request.bearer_auth(server.token(USER));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.unwrap()
}

/// The same, read as JSON.
pub(crate) async fn export_json(server: &TestServer) -> Value {
    serde_json::from_str(&export(server, "").await).unwrap()
}

#[track_caller]
pub(crate) fn is(answer: &Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{}", answer.body);
}

/// Holds that an answer is an error in the form of the protocol.
#[track_caller]
pub(crate) fn refuses(answer: &Answer, status: StatusCode, code: &str) {
    is(answer, status);
    assert_eq!(answer.body["code"], code, "{}", answer.body);
    assert!(answer.body["error"].is_string(), "{}", answer.body);
}
