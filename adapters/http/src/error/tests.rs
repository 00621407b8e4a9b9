use std::sync::Arc;

use axum::{
    body::to_bytes,
    http::{
        StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::IntoResponse,
};
use serde_json::{Value, json};
use syncline_application::{
    ports::StoreError,
    sync::{Detail, Rejection, RejectionCode, SyncError},
};

use super::{ApiError, ErrorCode, chain};

async fn answer(error: impl Into<ApiError>) -> (StatusCode, Value) {
    let response = error.into().into_response();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

fn rejection(code: RejectionCode, key: &str) -> Rejection {
    Rejection {
        owner: None,
        key: Some(key.to_owned()),
        code,
        error: format!("sentence of {key}"),
        details: vec![Detail {
            key: Some(key.to_owned()),
            field: "title".to_owned(),
            message: "is a string".to_owned(),
        }],
        server_time: None,
    }
}

#[tokio::test]
async fn a_broken_schema_is_told_as_the_seed_tells_it() {
    let refused = SyncError::Rejected(vec![
        rejection(RejectionCode::BadRequest, "a"),
        rejection(RejectionCode::SchemaValidationFailed, "b"),
        rejection(RejectionCode::NotFound, "c"),
    ]);
    let (status, body) = answer(refused).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let expected = json!({
        "error": "Schema validation failed",
        "code": "schema_validation_failed",
        "details": [{ "key": "b", "field": "title", "message": "is a string" }],
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_missing_document_is_told_before_a_bad_one() {
    let refused = SyncError::Rejected(vec![
        rejection(RejectionCode::BadRequest, "a"),
        rejection(RejectionCode::NotFound, "b"),
    ]);
    let (status, body) = answer(refused).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["code"], "not_found");
    assert_eq!(body["error"], "sentence of b");
    assert_eq!(body["details"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn bad_changes_are_told_by_the_first_and_detailed_by_all() {
    let refused = SyncError::Rejected(vec![
        rejection(RejectionCode::BadRequest, "a"),
        rejection(RejectionCode::BadRequest, "b"),
    ]);
    let (status, body) = answer(refused).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["code"], "bad_request");
    assert_eq!(body["error"], "sentence of a");
    assert_eq!(body["details"][1]["key"], "b");
}

#[tokio::test]
async fn the_other_refusals_have_no_members_that_say_nothing() {
    let unknown = SyncError::UnknownApplication("todos".to_owned());
    let (status, body) = answer(unknown).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let expected = json!({
        "error": "there is no application `todos` on this server",
        "code": "not_found",
    });
    assert_eq!(body, expected);

    let forbidden = SyncError::NotMember;
    let (status, body) = answer(forbidden).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let sentence = "You are no member of the organisation that `X-Org-Id` names; `GET /orgs` lists \
        yours";
    assert_eq!(body, json!({ "error": sentence, "code": "forbidden" }));
}

#[tokio::test]
async fn a_skewed_clock_is_told_the_servers_time() {
    let skew = SyncError::ClockSkew {
        error: "too far ahead".to_owned(),
        server_time: 1_700_000_000_000,
    };
    let (status, body) = answer(skew).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let expected = json!({
        "error": "too far ahead",
        "code": "clock_skew",
        "serverTime": 1_700_000_000_000_u64,
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_failure_says_nothing_of_its_cause() {
    for error in [
        StoreError::Corrupt("the secret row".to_owned()),
        StoreError::Other("the secret statement".into()),
    ] {
        let (status, body) = answer(error).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(body["code"], "internal_error");
        assert!(!body.to_string().contains("secret"), "{body}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_or_busy_is_asked_again() {
    let away = StoreError::Unavailable(Arc::new(std::io::Error::other("the secret address")));
    for (error, cause) in [
        (StoreError::Contention, "Something else"),
        (away, "The database"),
    ] {
        let response = ApiError::from(error).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "unavailable");
        assert!(!body.to_string().contains("secret"), "{body}");
        assert!(body["error"].as_str().unwrap().starts_with(cause), "{body}");
    }
}

#[test]
fn whoever_is_unknown_is_told_how_to_sign_in() {
    let response = ApiError::new(ErrorCode::Unauthorized, "who?").into_response();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
}

#[test]
fn a_sentence_has_an_end() {
    let error = ApiError::new(ErrorCode::BadRequest, "é".repeat(1_000_000));
    assert_eq!(error.error.chars().count(), 501);
}

#[test]
fn the_log_gets_every_cause() {
    let error = StoreError::Other("column is missing".into());
    assert_eq!(
        chain(&error),
        "the database refused a statement: column is missing"
    );
}
