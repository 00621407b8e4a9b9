//! What requests and answers are written in.

use std::io::{Read, Write};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use reqwest::{
    Client, Method, StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE},
};
use serde_json::{Value, json};
use syncline_tests::{
    TestServer, first_sync,
    replica::{change, stamp},
    server::answer,
};

use crate::support::assert_error;

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let server = TestServer::start().await;
    let post = || {
        server
            .request(Method::POST, "/todo/sync")
            .bearer_auth(server.token("ada"))
    };
    let body = first_sync("notes").to_string();
    for request in [
        post().body(body.clone()),
        post().body(body.clone()).header(CONTENT_TYPE, "text/plain"),
        post()
            .body(body.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded"),
        post()
            .json(&first_sync("notes"))
            .header(CONTENT_ENCODING, "br"),
    ] {
        let answer = answer(request).await;
        assert_error(
            &answer,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
        );
    }
    let declared = post()
        .body(body)
        .header(CONTENT_TYPE, "Application/JSON; charset=utf-8");
    assert_eq!(answer(declared).await.status, StatusCode::OK);
    server.finish().await;
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn requests_may_be_compressed() {
    let server = TestServer::start().await;
    let post = |body: Vec<u8>| {
        let request = server
            .request(Method::POST, "/todo/sync")
            .bearer_auth(server.token("ada"));
        let request = request.header(CONTENT_TYPE, "application/json");
        request.header(CONTENT_ENCODING, "gzip").body(body)
    };
    let changes = [change("1", &json!({ "title": "Milk" }), &stamp("phone", 0))];
    let body = json!({ "collection": "notes", "changes": changes }).to_string();
    let stored = answer(post(compressed(body.as_bytes()))).await;
    assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
    assert_eq!(stored.body["serverChanges"][0]["title"], "Milk");
    let mut broken_off = compressed(body.as_bytes());
    broken_off.truncate(40);
    for body in [broken_off, body.into_bytes()] {
        let answer = answer(post(body)).await;
        assert_error(&answer, StatusCode::BAD_REQUEST, "bad_request");
    }
    // The limit is on what comes out.
    let bomb = answer(post(compressed(&vec![b' '; (16 << 20) + 1]))).await;
    assert_error(&bomb, StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
    server.finish().await;
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_accept_it() {
    let server = TestServer::start().await;
    let text = "the same line again\n".repeat(1000);
    let changes = [change("1", &json!({ "text": text }), &stamp("phone", 0))];
    server
        .sync("ada", json!({ "collection": "notes", "changes": changes }))
        .await;
    let client = Client::builder().no_gzip().build().unwrap();
    let pull = || {
        let request = client
            .post(server.url("/todo/sync"))
            .bearer_auth(server.token("ada"));
        request.json(&first_sync("notes"))
    };
    let response = pull().header(ACCEPT_ENCODING, "gzip").send().await.unwrap();
    assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
    let bytes = response.bytes().await.unwrap();
    assert!(bytes.len() < 2000, "{} bytes", bytes.len());
    let mut json = String::new();
    GzDecoder::new(&bytes[..])
        .read_to_string(&mut json)
        .unwrap();
    let pulled: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(pulled["serverChanges"][0]["text"], text);
    let plain = answer(pull()).await;
    assert_eq!(plain.headers.get(CONTENT_ENCODING), None);
    assert_eq!(plain.body["serverChanges"], pulled["serverChanges"]);
    server.finish().await;
}
