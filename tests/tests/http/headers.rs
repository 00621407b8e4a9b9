//! What stands in the head of every answer.

use reqwest::{
    Method,
    header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS},
};
use syncline_tests::{Answer, TestServer, server::answer};

use crate::support::{get, sync_request};

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let server = TestServer::start().await;
    let id_of = |answer: &Answer| answer.headers["x-request-id"].to_str().unwrap().to_owned();
    let first = id_of(&get(&server, "/health").await);
    let second = id_of(&get(&server, "/nothing").await);
    assert!(first.len() >= 16 && first != second, "{first} {second}");
    let own = server
        .request(Method::GET, "/nothing")
        .header("X-Request-Id", "call-7");
    assert_eq!(id_of(&answer(own).await), "call-7");
    let unsafe_id = server
        .request(Method::GET, "/health")
        .header("X-Request-Id", "a b\"c");
    assert_ne!(id_of(&answer(unsafe_id).await), "a b\"c");
    server.finish().await;
}

#[tokio::test]
async fn nobody_keeps_or_guesses_answers() {
    let server = TestServer::start().await;
    let pull = answer(sync_request(&server).bearer_auth(server.token("ada"))).await;
    for answer in [
        pull,
        get(&server, "/health").await,
        get(&server, "/nothing").await,
    ] {
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
    server.finish().await;
}
