//! Tickets, for pages that cannot send headers.

use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use syncline_tests::{TestServer, first_sync, server::answer};

use crate::{
    listener::{Listener, own},
    world::{push, send},
};

async fn ticket(server: &TestServer, user: &str, app: &str) -> String {
    let given = send(
        server,
        user,
        Method::POST,
        "/auth/ticket",
        &json!({ "app": app }),
    )
    .await;
    assert_eq!(given["expiresIn"], 60);
    given["ticket"].as_str().unwrap().to_owned()
}

async fn open(server: &TestServer, app: &str, ticket: &str) -> Response {
    let path = format!("/{app}/events?ticket={ticket}");
    server.request(Method::GET, &path).send().await.unwrap()
}

#[tokio::test]
async fn a_ticket_opens_a_stream_of_its_application() {
    let server = TestServer::start().await;
    let ticket = ticket(&server, "ada", "todo").await;
    let mut ada = Listener::of(open(&server, "todo", &ticket).await);
    ada.settle(&server, "ada").await;
    push(&server, "ada", "notes", "1").await;
    assert!(ada.told(&server, "ada").await.contains(&own("notes")));
    let elsewhere = open(&server, "shopping-list", &ticket).await;
    assert_eq!(elsewhere.status(), StatusCode::UNAUTHORIZED);
    for made_up in ["", "abc", &server.token("ada")] {
        let answer = open(&server, "todo", made_up).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{made_up}");
    }
    server.finish().await;
}

#[tokio::test]
async fn a_ticket_is_no_session() {
    let server = TestServer::start().await;
    let ticket = ticket(&server, "ada", "todo").await;
    let sync = server
        .request(Method::POST, "/todo/sync")
        .json(&first_sync("notes"));
    let as_token = answer(sync.bearer_auth(&ticket)).await;
    assert_eq!(as_token.status, StatusCode::UNAUTHORIZED);
    let path = format!("/auth/me?ticket={ticket}");
    let in_address = answer(server.request(Method::GET, &path)).await;
    assert_eq!(in_address.status, StatusCode::UNAUTHORIZED);
    server.finish().await;
}

#[tokio::test]
async fn who_cannot_listen_is_told_why() {
    let server = TestServer::start().await;
    let as_ada = |method, path| {
        server
            .request(method, path)
            .bearer_auth(server.token("ada"))
    };
    let nobody = answer(server.request(Method::GET, "/todo/events")).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let nowhere = answer(as_ada(Method::GET, "/nowhere/events")).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let ticket = as_ada(Method::POST, "/auth/ticket");
    let nowhere = answer(ticket.json(&json!({ "app": "nowhere" }))).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let ticket = server.request(Method::POST, "/auth/ticket");
    let nobody = answer(ticket.json(&json!({ "app": "todo" }))).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    server.finish().await;
}
