//! Joining and leaving organisations.

use reqwest::Method;
use serde_json::{Value, json};
use syncline_tests::TestServer;

use crate::{
    listener::{Listener, own},
    world::{add, found, open_to, push, push_to, remove, send},
};

#[tokio::test]
async fn who_joins_is_told_and_who_leaves_is_told_no_more() {
    let server = TestServer::start().await;
    let acme = found(&server, "ada").await;
    let mut bob = Listener::open(&server, "bob").await;
    add(&server, "ada", &acme, "bob").await;
    assert_eq!(bob.next().await, Some(json!({})), "anything may be new");
    push_to(&server, "ada", &acme, "notes").await;
    let expected = json!({ "collection": "notes", "orgId": acme });
    assert_eq!(bob.told(&server, "bob").await, [expected]);
    remove(&server, "ada", &acme, "bob").await;
    assert_eq!(bob.next().await, Some(json!({})), "anything may be gone");
    push_to(&server, "ada", &acme, "notes").await;
    assert_eq!(bob.told(&server, "bob").await, [] as [Value; 0]);
    server.finish().await;
}

#[tokio::test]
async fn members_are_told_when_their_organisation_goes() {
    let server = TestServer::start().await;
    let acme = found(&server, "ada").await;
    add(&server, "ada", &acme, "bob").await;
    push(&server, "ada", "notes", "1").await;
    let show = json!({ "visibility": "org", "orgId": acme });
    open_to(&server, "ada", "1", &show).await;
    let mut bob = Listener::open(&server, "bob").await;
    push(&server, "ada", "notes", "1").await;
    assert_eq!(bob.told(&server, "bob").await, [own("notes")]);
    send(
        &server,
        "ada",
        Method::DELETE,
        &format!("/orgs/{acme}"),
        &Value::Null,
    )
    .await;
    assert_eq!(bob.next().await, Some(json!({})));
    push(&server, "ada", "notes", "1").await;
    assert_eq!(bob.told(&server, "bob").await, [] as [Value; 0]);
    server.finish().await;
}

#[tokio::test]
async fn a_founders_other_devices_are_told() {
    let server = TestServer::start().await;
    let mut ada = Listener::open(&server, "ada").await;
    let acme = found(&server, "ada").await;
    assert_eq!(ada.next().await, Some(json!({})));
    push_to(&server, "ada", &acme, "notes").await;
    let expected = json!({ "collection": "notes", "orgId": acme });
    assert_eq!(ada.told(&server, "ada").await, [expected]);
    server.finish().await;
}
