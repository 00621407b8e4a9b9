//! People who change things.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    TestServer,
    replica::{change, stamp},
    server::answer,
};

/// Sends a request and takes nothing but success.
pub(crate) async fn send(
    server: &TestServer,
    user: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> Value {
    let request = server.request(method, path);
    let mut request = request.bearer_auth(server.token(user));
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = answer(request).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.body);
    answer.body
}

/// Pushes a document of the user's.
pub(crate) async fn push(server: &TestServer, user: &str, collection: &str, key: &str) {
    let changes = [change(
        key,
        &json!({ "at": stamp(user, 0) }),
        &stamp(user, 1),
    )];
    let body = json!({ "collection": collection, "protocol": 2, "changes": changes });
    let pushed = server.sync(user, body).await;
    assert!(pushed["serverClock"].is_string());
}

/// Pushes a document into an organisation.
pub(crate) async fn push_to(server: &TestServer, user: &str, organisation: &str, collection: &str) {
    let changes = [change(
        "1",
        &json!({ "at": stamp(user, 0) }),
        &stamp(user, 1),
    )];
    let body = json!({ "collection": collection, "protocol": 2, "changes": changes });
    let request = server
        .request(Method::POST, "/todo/sync")
        .bearer_auth(server.token(user))
        .header("X-Org-Id", organisation);
    let answer = answer(request.json(&body)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

/// Says who may see a note of the user's.
pub(crate) async fn open_to(server: &TestServer, user: &str, key: &str, readers: &Value) {
    let path = format!("/docIndex/todo/{key}");
    send(server, user, Method::PATCH, &path, readers).await;
}

/// Founds an organisation and gives its id.
pub(crate) async fn found(server: &TestServer, user: &str) -> String {
    let body = json!({ "name": format!("Acme of {user}") });
    let founded = send(server, user, Method::POST, "/orgs", &body).await;
    founded["orgId"].as_str().unwrap().to_owned()
}

pub(crate) async fn add(server: &TestServer, admin: &str, organisation: &str, user: &str) {
    let path = format!("/orgs/{organisation}/members");
    send(
        server,
        admin,
        Method::POST,
        &path,
        &json!({ "userId": user }),
    )
    .await;
}

pub(crate) async fn remove(server: &TestServer, admin: &str, organisation: &str, user: &str) {
    let path = format!("/orgs/{organisation}/members/{user}");
    send(server, admin, Method::DELETE, &path, &Value::Null).await;
}
