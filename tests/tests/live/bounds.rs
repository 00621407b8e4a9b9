//! How many may listen.

use reqwest::StatusCode;
use serde_json::Value;
use syncline_tests::{TestDatabase, TestServer};

use crate::listener::{Listener, request};

#[tokio::test]
async fn streams_are_bounded_for_a_user_and_for_the_server() {
    let more = "[limits]\nliveStreams = 3\nliveStreamsPerUser = 2";
    let server = TestServer::with(TestDatabase::create().await, more).await;
    let first = Listener::open(&server, "ada").await;
    let _second = Listener::open(&server, "ada").await;
    refused(
        &server,
        "ada",
        StatusCode::TOO_MANY_REQUESTS,
        "rate_limited",
    )
    .await;
    let _third = Listener::open(&server, "bob").await;
    refused(
        &server,
        "eve",
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
    )
    .await;
    drop(first);
    // The server notices when it writes or reads next.
    while request(&server, "eve").await.status() != StatusCode::OK {
        tokio::task::yield_now().await;
    }
    server.finish().await;
}

async fn refused(server: &TestServer, user: &str, status: StatusCode, code: &str) {
    let answer = request(server, user).await;
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert!(answer.headers().contains_key("retry-after"), "{status}");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], code, "{body}");
}
