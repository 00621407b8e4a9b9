//! A server with somebody whose account will be deleted, and others.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    Answer, TestServer,
    replica::{change, stamp},
    server::answer,
};

/// Whose account is deleted. The name is found in whatever names the person.
pub(crate) const PERSON: &str = "zx81-person";
pub(crate) const FRIEND: &str = "max";
pub(crate) const STRANGER: &str = "sam";

pub(crate) async fn send(
    server: &TestServer,
    user: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> Answer {
    let request = server.request(method, path).bearer_auth(server.token(user));
    answer(if body.is_null() {
        request
    } else {
        request.json(body)
    })
    .await
}

pub(crate) async fn delete_account(server: &TestServer, user: &str) -> Answer {
    send(server, user, Method::DELETE, "/account", &Value::Null).await
}

/// Founds an organisation of the user's and gives its id.
pub(crate) async fn found(server: &TestServer, user: &str, name: &str) -> String {
    let founded = send(
        server,
        user,
        Method::POST,
        "/orgs",
        &json!({ "name": name }),
    )
    .await;
    is(&founded, StatusCode::CREATED);
    founded.body["orgId"].as_str().unwrap().to_owned()
}

pub(crate) async fn add(server: &TestServer, admin: &str, organisation: &str, user: &str) {
    let body = json!({ "userId": user });
    let path = format!("/orgs/{organisation}/members");
    let added = send(server, admin, Method::POST, &path, &body).await;
    is(&added, StatusCode::CREATED);
}

/// Pushes one document of the user's into a collection of `todo`.
pub(crate) async fn write(
    server: &TestServer,
    user: &str,
    organisation: Option<&str>,
    key: &str,
    doc: &Value,
) -> Answer {
    let request = server.request(Method::POST, "/todo/sync");
    let mut request = request.bearer_auth(server.token(user));
    if let Some(organisation) = organisation {
        request = request.header("X-Org-Id", organisation);
    }
    let changes = [change(key, doc, &stamp("phone", 0))];
    let body = json!({ "collection": "notes", "protocol": 2, "changes": changes });
    answer(request.json(&body)).await
}

/// Says who may see a note of the user's.
pub(crate) async fn open_to(server: &TestServer, user: &str, key: &str, readers: &Value) {
    let path = format!("/docIndex/todo/{key}");
    is(
        &send(server, user, Method::PATCH, &path, readers).await,
        StatusCode::OK,
    );
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
