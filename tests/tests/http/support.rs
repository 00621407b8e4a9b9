//! What the tests have in common.

use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::json;
use syncline_tests::{Answer, TestServer, first_sync, server::answer};

/// Most tests need no more than an answer.
pub(crate) async fn get(server: &TestServer, path: &str) -> Answer {
    answer(server.request(Method::GET, path)).await
}

pub(crate) fn sync_request(server: &TestServer) -> RequestBuilder {
    server
        .request(Method::POST, "/todo/sync")
        .json(&first_sync("notes"))
}

#[track_caller]
pub(crate) fn assert_error(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (status, &json!(code)),
        "{}",
        answer.body
    );
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
    assert!(
        answer.body["error"]
            .as_str()
            .is_some_and(|error| !error.is_empty())
    );
}

#[track_caller]
pub(crate) fn assert_unavailable(answer: &Answer) {
    assert_error(answer, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    assert_eq!(answer.headers[RETRY_AFTER], "1");
}
