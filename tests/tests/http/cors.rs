//! Pages of other origins.

use reqwest::{
    Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS,
        ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, ORIGIN,
    },
};
use syncline_tests::{TestDatabase, TestServer, server::answer};

use crate::support::sync_request;

async fn preflight(server: &TestServer, origin: &str) -> HeaderMap {
    let request = server
        .request(Method::OPTIONS, "/todo/sync")
        .header(ORIGIN, origin);
    let request = request.header(ACCESS_CONTROL_REQUEST_METHOD, "POST");
    let request = request.header(ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type");
    let answer = answer(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.headers
}

fn names(headers: &HeaderMap, header: reqwest::header::HeaderName) -> Vec<String> {
    let names = headers[header].to_str().unwrap().to_lowercase();
    names
        .split(',')
        .map(|name| name.trim().to_owned())
        .collect()
}

#[tokio::test]
async fn pages_of_any_origin_may_call() {
    let server = TestServer::start().await;
    let headers = preflight(&server, "https://example.org").await;
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert!(names(&headers, ACCESS_CONTROL_ALLOW_METHODS).contains(&"post".to_owned()));
    let allowed = names(&headers, ACCESS_CONTROL_ALLOW_HEADERS);
    for name in [
        "authorization",
        "content-type",
        "content-encoding",
        "x-org-id",
    ] {
        assert!(allowed.contains(&name.to_owned()), "{name} of {allowed:?}");
    }
    // A page reads errors as well.
    let answer = answer(sync_request(&server).header(ORIGIN, "https://example.org")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let exposed = names(&answer.headers, ACCESS_CONTROL_EXPOSE_HEADERS);
    for name in ["retry-after", "x-auth-token", "x-request-id"] {
        assert!(exposed.contains(&name.to_owned()), "{name} of {exposed:?}");
    }
    server.finish().await;
}

#[tokio::test]
async fn pages_of_other_origins_than_those_configured_may_not_call() {
    let configuration = "[cors]\norigins = [\"https://example.org\"]";
    let server = TestServer::with(TestDatabase::create().await, configuration).await;
    let headers = preflight(&server, "https://example.org").await;
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "https://example.org");
    let headers = preflight(&server, "https://example.com").await;
    assert_eq!(headers.get(ACCESS_CONTROL_ALLOW_ORIGIN), None);
    server.finish().await;
}
