use std::{io::Read, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::ConnectInfo,
    http::{
        HeaderMap, Method, Request, StatusCode,
        header::{
            ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
            ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CACHE_CONTROL,
            CONTENT_ENCODING, CONTENT_LENGTH, ORIGIN, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
        },
    },
    routing::get,
};
use flate2::read::GzDecoder;
use serde_json::Value;
use tokio::time::sleep;
use tower::ServiceExt;

use super::{Progress, wrap};
use crate::{HttpOptions, Rates, routes};

fn options() -> HttpOptions {
    HttpOptions {
        body_bytes: 1_000,
        request_time: Duration::from_millis(50),
        cors_origins: Vec::new(),
        rates: Rates::default(),
    }
}

async fn panics() -> StatusCode {
    panic!("the secret of the panic")
}

async fn takes_for_ever() -> StatusCode {
    std::future::pending().await
}

/// Takes longer than a request may, but gets on; then it stops to.
async fn gets_on(progress: Progress) -> StatusCode {
    for _ in 0..10 {
        sleep(Duration::from_millis(40)).await;
        progress.made();
    }
    StatusCode::OK
}

async fn gets_on_and_stops(progress: Progress) -> StatusCode {
    gets_on(progress).await;
    takes_for_ever().await
}

fn router() -> Router {
    let router = Router::new()
        .route("/small", get(async || "x".repeat(1_000)))
        .route("/large", get(async || "x".repeat(100_000)))
        .route("/panics", get(panics))
        .route("/slow", get(takes_for_ever))
        .route("/long", get(gets_on))
        .route("/stuck", get(gets_on_and_stops));
    routes::refuse_the_rest(router)
}

async fn send_to(
    options: &HttpOptions,
    mut request: Request<Body>,
) -> (StatusCode, HeaderMap, Bytes) {
    let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711)));
    request.extensions_mut().insert(peer);
    let response = wrap(router(), options).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, body)
}

async fn send(request: Request<Body>) -> (StatusCode, HeaderMap, Bytes) {
    send_to(&options(), request).await
}

fn get_request(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn json(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[tokio::test]
async fn an_unknown_route_is_answered_in_json() {
    let (status, _, body) = send(get_request("/no/such%20route?token=secret")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let body = json(&body);
    assert_eq!(body["code"], "not_found");
    assert_eq!(
        body["error"],
        "There is nothing at `/no/such%20route` on this server"
    );
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let request = Request::delete("/small").body(Body::empty()).unwrap();
    let (status, headers, body) = send(request).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(headers[ALLOW], "GET,HEAD");
    let body = json(&body);
    assert_eq!(body["code"], "method_not_allowed");
    let sentence = "`DELETE` is not possible here; the header `Allow` names what is";
    assert_eq!(body["error"], sentence);
}

#[tokio::test]
async fn a_panic_is_answered_without_its_message() {
    let (status, headers, body) = send(get_request("/panics")).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(headers.contains_key("x-request-id"));
    assert!(headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    let body = json(&body);
    assert_eq!(body["code"], "internal_error");
    assert!(!body.to_string().contains("secret"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_for_ever_is_given_up() {
    let (status, headers, body) = send(get_request("/slow")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers[RETRY_AFTER], "1");
    let body = json(&body);
    assert_eq!(body["code"], "unavailable");
    let sentence = "The request took more than 0.05 seconds; try again, or send less at once";
    assert_eq!(body["error"], sentence);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_gets_on_is_given_its_time() {
    let (status, _, _) = send(get_request("/long")).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _, _) = send(get_request("/stuck")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_safe_request_id_comes_back() {
    let request = with(get_request("/small"), "x-request-id", "device-7.1");
    let (_, headers, _) = send(request).await;
    assert_eq!(headers["x-request-id"], "device-7.1");
}

#[tokio::test]
async fn other_requests_get_an_id_of_their_own() {
    let (_, first, _) = send(get_request("/small")).await;
    let request = with(get_request("/small"), "x-request-id", "id=\"forged\"");
    let (_, second, _) = send(request).await;
    for headers in [&first, &second] {
        assert_eq!(headers["x-request-id"].len(), 36);
    }
    assert_ne!(first["x-request-id"], second["x-request-id"]);
}

#[tokio::test]
async fn answers_are_neither_kept_nor_guessed() {
    for path in ["/small", "/panics", "/nowhere"] {
        let (_, headers, _) = send(get_request(path)).await;
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}

#[tokio::test]
async fn only_large_answers_are_compressed_and_only_when_asked() {
    let (_, headers, body) = send(get_request("/large")).await;
    assert!(!headers.contains_key(CONTENT_ENCODING));
    assert_eq!(headers[CONTENT_LENGTH], "100000");
    assert_eq!(body.len(), 100_000);

    let asking = |path| with(get_request(path), ACCEPT_ENCODING.as_str(), "gzip, br");
    let (_, headers, body) = send(asking("/small")).await;
    assert!(!headers.contains_key(CONTENT_ENCODING));
    assert_eq!(body.len(), 1_000);

    let (_, headers, body) = send(asking("/large")).await;
    assert_eq!(headers[CONTENT_ENCODING], "gzip");
    assert!(body.len() < 10_000);
    let mut text = String::new();
    GzDecoder::new(&*body).read_to_string(&mut text).unwrap();
    assert_eq!(text, "x".repeat(100_000));
}

#[tokio::test]
async fn pages_of_any_origin_may_call_without_credentials() {
    let request = with(
        get_request("/small"),
        ORIGIN.as_str(),
        "https://todo.example",
    );
    let (_, headers, _) = send(request).await;
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert!(!headers.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
    let exposed = headers[ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap();
    assert_eq!(
        exposed,
        "content-disposition,retry-after,x-auth-token,x-request-id"
    );
}

#[tokio::test]
async fn a_browser_may_ask_before_it_calls() {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/small")
        .header(ORIGIN, "https://todo.example")
        .header(ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(ACCESS_CONTROL_REQUEST_HEADERS, "authorization")
        .body(Body::empty())
        .unwrap();
    let (status, headers, _) = send(request).await;
    assert_eq!(status, StatusCode::OK);
    let allowed = headers[ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap();
    assert!(allowed.contains("authorization"), "{allowed}");
    assert!(allowed.contains("x-org-id"), "{allowed}");
}

#[tokio::test]
async fn with_a_list_of_origins_no_other_may_call() {
    let listed = HttpOptions {
        cors_origins: vec!["https://todo.example".to_owned()],
        ..options()
    };
    let from = |origin| with(get_request("/small"), ORIGIN.as_str(), origin);
    let (_, headers, _) = send_to(&listed, from("https://todo.example")).await;
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "https://todo.example");
    let (_, headers, _) = send_to(&listed, from("https://other.example")).await;
    assert!(!headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
}
