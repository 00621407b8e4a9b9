//! Paths and methods that lead nowhere.

use reqwest::{Method, StatusCode, header::ALLOW};
use syncline_tests::{TestServer, server::answer};

use crate::support::assert_error;

#[tokio::test]
async fn unknown_paths_are_answered_in_json() {
    let server = TestServer::start().await;
    for path in [
        "/nothing",
        "/todo",
        "/todo/nothing",
        "/todo/sync/more",
        "/health/",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = answer(server.request(method, path)).await;
            assert_error(&answer, StatusCode::NOT_FOUND, "not_found");
            assert!(
                answer.body["error"].as_str().unwrap().contains(path),
                "{}",
                answer.body
            );
        }
    }
    server.finish().await;
}

#[tokio::test]
async fn other_methods_are_answered_with_those_that_are_possible() {
    let server = TestServer::start().await;
    for (method, path, allowed) in [
        (Method::GET, "/todo/sync", "POST"),
        (Method::PUT, "/todo/sync", "POST"),
        (Method::POST, "/health", "GET"),
        (Method::DELETE, "/ready", "GET"),
    ] {
        let answer = answer(server.request(method, path)).await;
        assert_error(
            &answer,
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
        );
        assert!(answer.headers[ALLOW].to_str().unwrap().contains(allowed));
    }
    server.finish().await;
}
