//! A server with documents, asked for one by one.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    Answer, TestServer,
    replica::{change, stamp},
    server::answer,
};

pub(crate) const USER: &str = "ada";
pub(crate) const STRANGER: &str = "sam";

/// The path of a note.
pub(crate) fn note(key: &str) -> String {
    format!("/todo/collections/notes/documents/{key}")
}

pub(crate) async fn get(server: &TestServer, user: &str, path: &str) -> Answer {
    let request = server.request(Method::GET, path);
    answer(request.bearer_auth(server.token(user))).await
}

pub(crate) async fn restore(server: &TestServer, user: &str, path: &str, rev: &Value) -> Answer {
    let request = server.request(Method::POST, &format!("{path}/restore"));
    let request = request.bearer_auth(server.token(user));
    answer(request.json(&json!({ "rev": rev }))).await
}

/// Pushes changes to a collection, and takes nothing but success.
pub(crate) async fn push(server: &TestServer, collection: &str, changes: &[Value]) -> Value {
    let body = json!({ "collection": collection, "protocol": 2, "changes": changes });
    server.sync(USER, body).await
}

/// Makes `doc` the note, from what it is at the moment.
pub(crate) async fn write(server: &TestServer, key: &str, doc: &Value, sequence: usize) {
    let read = get(server, USER, &note(key)).await;
    let mut change = change(key, doc, &stamp("phone", sequence));
    if read.status == StatusCode::OK {
        change["baseClock"] = read.body["clock"].clone();
    }
    let answer = push(server, "notes", &[change]).await;
    assert_eq!(answer["conflicts"], json!([]), "{answer}");
}

/// The application's fields of a document.
pub(crate) fn fields(document: &Value) -> Value {
    let mut fields = document.as_object().unwrap().clone();
    fields.retain(|name, _| !name.starts_with('_'));
    Value::Object(fields)
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
