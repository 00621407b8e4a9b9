//! When a stream ends.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::Value;
use syncline_domain::hlc::UnixMillis;
use syncline_tests::{TestServer, replica::now, server::token_at};

use crate::{listener::Listener, world::send};

const DAY: u64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn with_its_session() {
    let server = TestServer::start().await;
    for days in [3, 7] {
        // Tokens tell whole seconds.
        let token = token_at("ada", UnixMillis(now().0 - days * DAY + 2_000));
        let request = server.request(Method::GET, "/todo/events");
        let answer = request.bearer_auth(token).send().await.unwrap();
        if days == 7 {
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        } else {
            Listener::of(answer).end().await;
        }
    }
    server.finish().await;
}

#[tokio::test]
async fn with_its_account() {
    let server = TestServer::start().await;
    let token = server.token("ada");
    let ada = Listener::open(&server, "ada").await;
    let mut eve = Listener::open(&server, "eve").await;
    send(&server, "ada", Method::DELETE, "/account", &Value::Null).await;
    ada.end().await;
    let again = server.request(Method::GET, "/todo/events");
    let again = again.bearer_auth(token).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(eve.told(&server, "eve").await, [] as [Value; 0]);
    server.finish().await;
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test that measures")]
async fn with_its_server_at_once() {
    let server = TestServer::start().await;
    let ada = Listener::open(&server, "ada").await;
    let begin = Instant::now();
    let (database, ()) = tokio::join!(server.stop(), ada.end());
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "nobody is waited for"
    );
    database.drop().await;
}
