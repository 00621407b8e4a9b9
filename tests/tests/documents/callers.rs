//! Who may see a document, and who may not know that it is there.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    TestServer,
    replica::{change, stamp},
    server::answer,
};

use crate::support::{STRANGER, USER, get, is, note, refuses, restore, write};

#[tokio::test]
async fn a_stranger_learns_nothing() {
    let server = TestServer::start().await;
    write(&server, "1", &json!({ "title": "a" }), 0).await;
    let rev = get(&server, USER, &note("1")).await.body["document"]["_rev"].clone();
    for answer in [
        get(&server, STRANGER, &note("1")).await,
        get(&server, STRANGER, &format!("{}/versions", note("1"))).await,
        restore(&server, STRANGER, &note("1"), &rev).await,
    ] {
        refuses(&answer, StatusCode::NOT_FOUND, "not_found");
    }
    let request = server.request(Method::GET, &note("1"));
    refuses(
        &answer(request).await,
        StatusCode::UNAUTHORIZED,
        "unauthorized",
    );
    server.finish().await;
}

#[tokio::test]
async fn members_read_and_restore_the_documents_of_their_organisation() {
    let server = TestServer::start().await;
    let send = async |user: &str, method, path: &str, body: &Value, organisation: &str| {
        let request = server.request(method, path).bearer_auth(server.token(user));
        let request = request.header("X-Org-Id", organisation);
        answer(if body.is_null() {
            request
        } else {
            request.json(body)
        })
        .await
    };
    let founding = server
        .request(Method::POST, "/orgs")
        .bearer_auth(server.token(USER));
    let founded = answer(founding.json(&json!({ "name": "Acme" }))).await;
    let acme = founded.body["orgId"].as_str().unwrap();
    for (sequence, title) in ["old", "new"].into_iter().enumerate() {
        let changes = [change(
            "1",
            &json!({ "title": title }),
            &stamp("phone", sequence),
        )];
        let body = json!({ "collection": "notes", "changes": changes });
        is(
            &send(USER, Method::POST, "/todo/sync", &body, acme).await,
            StatusCode::OK,
        );
    }
    let versions = format!("{}/versions", note("1"));
    let kept = send(USER, Method::GET, &versions, &Value::Null, acme).await;
    let rev = kept.body["versions"][1]["_rev"].clone();
    let path = format!("{}/restore", note("1"));
    let restored = send(USER, Method::POST, &path, &json!({ "rev": rev }), acme).await;
    is(&restored, StatusCode::OK);
    assert_eq!(restored.body["document"]["title"], "old");
    for (method, path, body) in [
        (Method::GET, note("1"), Value::Null),
        (Method::GET, versions, Value::Null),
        (Method::POST, path, json!({ "rev": rev })),
    ] {
        let answer = send(STRANGER, method, &path, &body, acme).await;
        refuses(&answer, StatusCode::FORBIDDEN, "forbidden");
    }
    let own = get(&server, USER, &note("1")).await;
    refuses(&own, StatusCode::NOT_FOUND, "not_found");
    server.finish().await;
}
