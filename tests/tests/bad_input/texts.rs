//! Bodies that are no JSON, or not all of it, or too much.

use reqwest::StatusCode;
use serde_json::Value;
use syncline_tests::replica::stamp;

use crate::trial::{MEBIBYTE, Trial, is_refusal, valid};

#[tokio::test]
async fn texts_that_are_no_request_are_refused() {
    let trial = Trial::begin().await;
    let document = |doc: &str| {
        let revision = stamp("phone", 0);
        format!(
            r#"{{"collection":"notes","changes":[{{"key":"1","doc":{doc},"fieldRevs":{{"a":"{revision}"}}}}]}}"#
        )
    };
    let positional = format!(
        r#"["notes","{}",[{{"key":"1","doc":{{}}}}],2,"phone",10,true,false]"#,
        stamp("phone", 0)
    );
    for (text, place) in [
        (String::new(), "empty"),
        (" \n".to_owned(), "empty"),
        ("null".to_owned(), "body"),
        ("[]".to_owned(), "body"),
        (positional, "body"),
        ("\"notes\"".to_owned(), "body"),
        ("{'collection': 'notes'}".to_owned(), "line 1 column 2"),
        (document("{} trailing"), "line 1 column"),
        (document("{\"a\": 1e400}"), "line 1 column"),
        (document("{\"a\": [-1e400]}"), "line 1 column"),
        (document("{\"a\": NaN}"), "line 1 column"),
        (document(r#"{"a": "\ud800"}"#), "line 1 column"),
        (document(&"{\"a\":".repeat(200)), "line 1 column"),
        (document(&"[".repeat(100_000)), "line 1 column"),
        (document("{\"a\": 12345678901234567890123}"), "`a`"),
        (document("{\"a\": 9007199254740993.0e1}"), "`a`"),
        (document("{\"a\": 1")[..60].to_owned(), "ends"),
    ] {
        trial.refuses_text(text.into_bytes(), place).await;
    }
    let mut not_unicode = document("{\"a\": \"?\"}").into_bytes();
    let at = not_unicode.iter().position(|byte| *byte == b'?').unwrap();
    not_unicode[at] = 0xff;
    trial.refuses_text(not_unicode, "line 1 column").await;
    trial.end().await;
}

#[tokio::test]
async fn a_truncated_body_is_refused() {
    let trial = Trial::begin().await;
    let body = valid().to_string();
    let answer = trial.send_truncated(&body, body.len() + 100).await;
    assert!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    let error: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(error["code"], "bad_request");
    assert!(
        error["error"].as_str().unwrap().contains("broke off"),
        "{error}"
    );
    trial.end().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let trial = Trial::begin().await;
    let padding = " ".repeat((16 * MEBIBYTE) + 1);
    let answer = trial
        .post(format!("{}{padding}", valid()).into_bytes())
        .await;
    is_refusal(
        &answer,
        StatusCode::PAYLOAD_TOO_LARGE,
        "payload_too_large",
        "16777216 bytes",
    );
    trial.end().await;
}
