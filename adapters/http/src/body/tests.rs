use std::{convert::Infallible, io::Write, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{
        Request, StatusCode,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
    routing::post,
};
use flate2::{Compression, write::GzEncoder};
use futures::stream;
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt;

use super::{JsonBody, OptionalJsonBody};
use crate::{HttpOptions, Rates, layers};

const LIMIT: usize = 1_000;

#[derive(Deserialize)]
struct Letter {
    title: String,
    #[serde(default)]
    pages: Vec<u32>,
    #[serde(default, rename = "kind")]
    _kind: Option<Kind>,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "short")]
    Short,
}

async fn titles(OptionalJsonBody(letter): OptionalJsonBody<Letter>) -> String {
    format!("\"{:?}\"", letter.map(|letter| letter.title.len()))
}

async fn title(JsonBody(letter): JsonBody<Letter>) -> String {
    format!("\"{} {}\"", letter.title, letter.pages.len())
}

async fn send(mut request: Request<Body>) -> (StatusCode, Value) {
    let options = HttpOptions {
        body_bytes: LIMIT,
        request_time: Duration::from_secs(10),
        cors_origins: Vec::new(),
        rates: Rates::default(),
    };
    let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711)));
    request.extensions_mut().insert(peer);
    let router = Router::new()
        .route("/", post(title))
        .route("/optional", post(titles));
    let router = layers::wrap(router, &options);
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

fn request(body: impl Into<Body>) -> Request<Body> {
    Request::post("/")
        .header(CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn encoded(encoding: &str, body: Vec<u8>) -> Request<Body> {
    let mut request = request(body);
    let encoding = encoding.parse().unwrap();
    request.headers_mut().insert(CONTENT_ENCODING, encoding);
    request
}

#[track_caller]
fn assert_refused(answer: &(StatusCode, Value), status: StatusCode, code: &str, sentence: &str) {
    let (got, body) = answer;
    assert_eq!(*got, status, "{body}");
    assert_eq!(body["code"], code);
    assert_eq!(body["error"], sentence);
}

#[tokio::test]
async fn json_is_read() {
    let (status, body) = send(request(r#"{"title":"a","pages":[1]}"#)).await;
    assert_eq!((status, body), (StatusCode::OK, "a 1".into()));
}

#[tokio::test]
async fn the_media_type_may_have_parameters() {
    let mut request = request(r#"{"title":"a"}"#);
    let value = "Application/JSON; charset=utf-8".parse().unwrap();
    request.headers_mut().insert(CONTENT_TYPE, value);
    assert_eq!(send(request).await.0, StatusCode::OK);
}

#[tokio::test]
async fn other_media_types_are_refused() {
    let sentence =
        "The body is not declared as JSON; send the header `Content-Type: application/json`";
    for media_type in [None, Some("text/plain"), Some("application/jsonp")] {
        let mut request = request(r#"{"title":"a"}"#);
        request.headers_mut().remove(CONTENT_TYPE);
        if let Some(media_type) = media_type {
            request
                .headers_mut()
                .insert(CONTENT_TYPE, media_type.parse().unwrap());
        }
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        assert_refused(
            &send(request).await,
            status,
            "unsupported_media_type",
            sentence,
        );
    }
}

#[tokio::test]
async fn what_is_no_json_is_refused_with_its_place() {
    let bad = [
        (" ", "The body is empty; send a JSON object"),
        (
            r#"{"title":"#,
            "The body ends amid its JSON: EOF while parsing a value at line 1 column 9; \
             send all of it",
        ),
        (
            r#"{"title" "a"}"#,
            "The body is not JSON: expected `:` at line 1 column 10",
        ),
        (
            r#"{"title":"a"}x"#,
            "The body is not JSON: trailing characters at line 1 column 14",
        ),
    ];
    for (body, sentence) in bad {
        let answer = send(request(body)).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, "bad_request", sentence);
    }
}

#[tokio::test]
async fn wrong_types_are_refused_with_their_path() {
    let bad = [
        (
            r#"{"title":"a","kind":5}"#,
            "kind: expected value at line 1 column 21",
        ),
        (
            r#"{"title":"a","pages":[1,"2"]}"#,
            "pages[1]: invalid type: string \"2\", expected u32 at line 1 column 27",
        ),
        (
            "{}",
            "The body is not as it should be: missing field `title` at line 1 column 2",
        ),
    ];
    for (body, sentence) in bad {
        let answer = send(request(body)).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, "bad_request", sentence);
    }
}

#[tokio::test]
async fn bodies_up_to_the_limit_are_taken_however_they_come() {
    let mut body = br#"{"title":"a"}"#.to_vec();
    body.resize(LIMIT, b' ');
    let chunked = |body: &[u8]| {
        let chunks: Vec<_> = body.chunks(7).map(<[u8]>::to_vec).collect();
        Body::from_stream(stream::iter(chunks.into_iter().map(Ok::<_, Infallible>)))
    };
    assert_eq!(send(request(body.clone())).await.0, StatusCode::OK);
    assert_eq!(send(request(chunked(&body))).await.0, StatusCode::OK);
    assert_eq!(send(encoded("gzip", gzip(&body))).await.0, StatusCode::OK);

    body.push(b' ');
    let sentence = "The body has more than 1000 bytes; send less at once";
    for request in [
        request(body.clone()),
        request(chunked(&body)),
        encoded("gzip", gzip(&body)),
    ] {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        assert_refused(&send(request).await, status, "payload_too_large", sentence);
    }
}

#[tokio::test]
async fn a_body_without_end_is_refused_all_the_same() {
    let endless = stream::repeat_with(|| Ok::<_, Infallible>(vec![b' '; 100]));
    let (status, _) = send(request(Body::from_stream(endless))).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let sentence = "The body broke off or cannot be decompressed; send all of it again";
    let broken = stream::iter([Ok(r#"{"title":"#), Err(std::io::Error::other("reset"))]);
    let mut cut = gzip(br#"{"title":"a"}"#);
    cut.truncate(20);
    for request in [request(Body::from_stream(broken)), encoded("gzip", cut)] {
        let answer = send(request).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, "bad_request", sentence);
    }
}

#[tokio::test]
async fn unknown_encodings_are_refused() {
    let answer = send(encoded("br", b"{}".to_vec())).await;
    let sentence = "The encoding of the body is not known here; send it plain or as `gzip`";
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    assert_refused(&answer, status, "unsupported_media_type", sentence);
}

#[tokio::test]
async fn a_body_that_need_not_be_there_is_none_where_nothing_is_sent() {
    let optional = |body: &'static str| {
        let request = Request::post("/optional").header(CONTENT_TYPE, "application/json");
        send(request.body(body.into()).unwrap())
    };
    for nothing in ["", " ", "null"] {
        assert_eq!(optional(nothing).await, (StatusCode::OK, "None".into()));
    }
    let undeclared = Request::post("/optional").body(Body::empty()).unwrap();
    assert_eq!(send(undeclared).await, (StatusCode::OK, "None".into()));
    let there = optional(r#"{"title":"a"}"#).await;
    assert_eq!(there, (StatusCode::OK, "Some(1)".into()));
    assert_eq!(optional("{}").await.0, StatusCode::BAD_REQUEST);
    let undeclared = Request::post("/optional").body("{}".into()).unwrap();
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    assert_eq!(send(undeclared).await.0, status);
}
