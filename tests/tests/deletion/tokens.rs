//! A token outlives its account, and is refused.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_domain::hlc::UnixMillis;
use syncline_tests::{
    Answer, TestServer, first_sync,
    replica::now,
    server::{answer, token_at},
};

use crate::world::{FRIEND, PERSON, delete_account, is, refuses, send, write};

async fn me(server: &TestServer, token: &str) -> Answer {
    let request = server.request(Method::GET, "/auth/me");
    answer(request.bearer_auth(token)).await
}

#[tokio::test]
async fn a_token_from_before_is_refused_and_one_from_after_begins_anew() {
    let server = TestServer::start().await;
    let doc = json!({ "title": "a" });
    is(
        &write(&server, PERSON, None, "1", &doc).await,
        StatusCode::OK,
    );
    let old = server.token(PERSON);
    let older = token_at(PERSON, UnixMillis(now().0 - 60 * 60 * 1000));
    is(
        &delete_account(&server, PERSON).await,
        StatusCode::NO_CONTENT,
    );
    for token in [&old, &older] {
        refuses(
            &me(&server, token).await,
            StatusCode::UNAUTHORIZED,
            "unauthorized",
        );
        let sync = server
            .request(Method::POST, "/todo/sync")
            .bearer_auth(token);
        let refused = answer(sync.json(&first_sync("notes"))).await;
        refuses(&refused, StatusCode::UNAUTHORIZED, "unauthorized");
    }
    is(&me(&server, &server.token(FRIEND)).await, StatusCode::OK);
    let new = token_at(PERSON, UnixMillis(now().0 + 1_000));
    is(&me(&server, &new).await, StatusCode::OK);
    let sync = server.request(Method::POST, "/todo/sync").bearer_auth(&new);
    let fresh = answer(sync.json(&first_sync("notes"))).await;
    assert_eq!(fresh.body["serverChanges"], json!([]));
    server.finish().await;
}

/// Another server, or an issuer, has begun the session, by a clock ahead of this server's.
#[tokio::test]
async fn a_session_from_a_clock_ahead_ends_with_its_account() {
    let server = TestServer::start().await;
    let ahead = token_at(PERSON, UnixMillis(now().0 + 60_000));
    is(&me(&server, &ahead).await, StatusCode::OK);
    let request = server.request(Method::DELETE, "/account");
    let deleted = answer(request.bearer_auth(&ahead)).await;
    is(&deleted, StatusCode::NO_CONTENT);
    refuses(
        &me(&server, &ahead).await,
        StatusCode::UNAUTHORIZED,
        "unauthorized",
    );
    let sync = server
        .request(Method::POST, "/todo/sync")
        .bearer_auth(&ahead);
    let refused = answer(sync.json(&first_sync("notes"))).await;
    refuses(&refused, StatusCode::UNAUTHORIZED, "unauthorized");
    server.finish().await;
}

#[tokio::test]
async fn deleting_again_changes_nothing() {
    let server = TestServer::start().await;
    let token = server.token(PERSON);
    for _ in 0..3 {
        let request = server.request(Method::DELETE, "/account");
        let deleted = answer(request.bearer_auth(&token)).await;
        is(&deleted, StatusCode::NO_CONTENT);
        assert_eq!(deleted.body, Value::from(""));
    }
    let nobody = answer(server.request(Method::DELETE, "/account")).await;
    refuses(&nobody, StatusCode::UNAUTHORIZED, "unauthorized");
    server.finish().await;
}

/// Another server on the database, and one that starts later, know it as well.
#[tokio::test]
async fn every_server_refuses_the_token() {
    let server = TestServer::start().await;
    let other = TestServer::on(server.database.clone()).await;
    let token = server.token(PERSON);
    is(&me(&other, &token).await, StatusCode::OK);
    is(
        &delete_account(&server, PERSON).await,
        StatusCode::NO_CONTENT,
    );
    let refused = async {
        while me(&other, &token).await.status != StatusCode::UNAUTHORIZED {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), refused)
        .await
        .expect("the other server is told");
    let later = TestServer::on(server.database.clone()).await;
    refuses(
        &me(&later, &token).await,
        StatusCode::UNAUTHORIZED,
        "unauthorized",
    );
    let stranger = send(&later, FRIEND, Method::GET, "/auth/me", &Value::Null).await;
    is(&stranger, StatusCode::OK);
    later.stop().await;
    other.stop().await;
    server.finish().await;
}
