//! Signing in on a developer's own machine.

use reqwest::{Method, StatusCode};
use serde_json::json;
use syncline_tests::{TestDatabase, TestServer, first_sync, server::answer};

use crate::support::{as_user, assert_error, development_server, sign_in};

/// A provider that is configured; nobody asks it.
const PROVIDER: &str = "[auth.providers.github]\nclientId = \"a\"\nclientSecret = \"b\"\n";

/// The same for an issuer.
const ISSUER: &str = "[auth.issuers.acme]\nissuer = \"https://id.example\"\naudience = \"a\"\n";

#[tokio::test]
async fn a_newcomer_is_let_in() {
    let server = development_server().await;
    let (user, token) = sign_in(&server, "ada").await;
    assert_eq!(user["name"], "ada");
    assert_eq!(user["email"], json!(null));
    assert_eq!(user["providers"], json!(["dev"]));
    let id = user["userId"].as_str().unwrap();
    assert!(uuid_shaped(id), "{id}");
    let (same, _) = sign_in(&server, "ada").await;
    assert_eq!(same, user);
    let (other, _) = sign_in(&server, "bob").await;
    assert_ne!(other["userId"], user["userId"]);
    let sync = as_user(&server, Method::POST, "/todo/sync", &token);
    let synced = answer(sync.json(&first_sync("notes"))).await;
    assert_eq!(synced.status, StatusCode::OK, "{}", synced.body);
    server.finish().await;
}

fn uuid_shaped(id: &str) -> bool {
    let lengths: Vec<_> = id.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
}

#[tokio::test]
async fn a_browser_may_ask_as_well() {
    let server = development_server().await;
    let visit = answer(server.request(Method::GET, "/auth/dev?name=ada")).await;
    assert_eq!(visit.status, StatusCode::OK, "{}", visit.body);
    let (user, _) = sign_in(&server, "ada").await;
    assert_eq!(visit.body["user"], user);
    let nobody = answer(server.request(Method::GET, "/auth/dev?name=")).await;
    assert_error(&nobody, StatusCode::BAD_REQUEST, "bad_request");
    let nothing = answer(server.request(Method::GET, "/auth/dev")).await;
    assert_error(&nothing, StatusCode::BAD_REQUEST, "bad_request");
    server.finish().await;
}

#[tokio::test]
async fn pages_from_elsewhere_and_proxies_may_not_ask() {
    let server = development_server().await;
    for (header, value) in [
        ("Host", "sync.example.org"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("Forwarded", "for=127.0.0.1"),
    ] {
        let post = server.request(Method::POST, "/auth/dev");
        let post = post.json(&json!({ "name": "ada" })).header(header, value);
        assert_error(&answer(post).await, StatusCode::FORBIDDEN, "forbidden");
        let visit = server.request(Method::GET, "/auth/dev?name=ada");
        let visit = answer(visit.header(header, value)).await;
        assert_error(&visit, StatusCode::FORBIDDEN, "forbidden");
    }
    server.finish().await;
}

#[tokio::test]
async fn nobody_is_let_in_where_something_says_how_people_sign_in() {
    let others = [
        "publicUrl = \"http://127.0.0.1:1\"",
        "limits.trustedProxyHops = 1",
    ];
    for configuration in [PROVIDER, ISSUER].into_iter().chain(others) {
        let server = TestServer::with(TestDatabase::create().await, configuration).await;
        let post = server.request(Method::POST, "/auth/dev");
        let refused = answer(post.json(&json!({ "name": "ada" }))).await;
        assert_error(&refused, StatusCode::NOT_FOUND, "not_found");
        let visit = answer(server.request(Method::GET, "/auth/dev?name=ada")).await;
        assert_error(&visit, StatusCode::NOT_FOUND, "not_found");
        server.finish().await;
    }
}

#[tokio::test]
async fn nobody_is_let_in_where_others_reach_the_server() {
    let database = TestDatabase::create().await;
    let server = TestServer::listening_on("0.0.0.0:0", database, "").await;
    let post = server.request(Method::POST, "/auth/dev");
    let refused = answer(post.json(&json!({ "name": "ada" }))).await;
    assert_error(&refused, StatusCode::NOT_FOUND, "not_found");
    let listed = answer(server.request(Method::GET, "/auth/providers")).await;
    assert_eq!(listed.body, json!({ "providers": [] }));
    server.finish().await;
}

#[tokio::test]
async fn what_is_not_there_is_answered_with_what_is() {
    let server = development_server().await;
    for path in ["/auth/github", "/auth/myspace"] {
        let refused = answer(server.request(Method::GET, path)).await;
        assert_error(&refused, StatusCode::NOT_FOUND, "not_found");
        assert!(refused.body["error"].as_str().unwrap().contains("`dev`"));
    }
    let listed = answer(server.request(Method::GET, "/auth/providers")).await;
    assert_eq!(listed.body, json!({ "providers": ["dev"] }));
    server.finish().await;
    let server = TestServer::with(TestDatabase::create().await, PROVIDER).await;
    let refused = answer(server.request(Method::GET, "/auth/google")).await;
    assert_error(&refused, StatusCode::NOT_FOUND, "not_found");
    assert!(
        refused.body["error"]
            .as_str()
            .unwrap()
            .contains("it has `github`")
    );
    server.finish().await;
}
