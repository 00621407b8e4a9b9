//! Sessions that are used go on.

use reqwest::{Method, StatusCode};
use serde_json::json;
use syncline_domain::hlc::UnixMillis;
use syncline_tests::{
    TestServer, first_sync,
    replica::now,
    server::{answer, token_at},
};

use crate::support::{as_user, development_server, me, sign_in};

const MINUTE: u64 = 60 * 1000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn token_of_age(millis: u64) -> String {
    token_at("ada", UnixMillis(now().0 - millis))
}

async fn next_token(
    server: &TestServer,
    method: Method,
    path: &str,
    token: &str,
) -> Option<String> {
    let request = as_user(server, method, path, token);
    let answer = answer(request.json(&first_sync("notes"))).await;
    let header = answer.headers.get("x-auth-token")?;
    Some(header.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_token_older_than_an_hour_is_answered_with_the_next() {
    let server = TestServer::start().await;
    for (method, path) in [
        (Method::GET, "/auth/me"),
        (Method::POST, "/todo/sync"),
        // Errors carry it as well.
        (Method::POST, "/nothing/sync"),
        (Method::DELETE, "/auth/providers/github"),
    ] {
        let old = token_of_age(HOUR + MINUTE);
        let next = next_token(&server, method.clone(), path, &old).await;
        let next = next.unwrap_or_else(|| panic!("{path} answers no token"));
        assert_eq!(me(&server, &next).await["userId"], "ada");
        assert_eq!(next_token(&server, method.clone(), path, &next).await, None);
        let young = token_of_age(HOUR - MINUTE);
        assert_eq!(next_token(&server, method, path, &young).await, None);
    }
    server.finish().await;
}

#[tokio::test]
async fn who_is_not_signed_in_gets_no_token() {
    let server = TestServer::start().await;
    for token in ["made-up", &token_of_age(3 * DAY + MINUTE)] {
        assert_eq!(
            next_token(&server, Method::POST, "/todo/sync", token).await,
            None
        );
    }
    let old = token_of_age(2 * HOUR);
    assert_eq!(
        next_token(&server, Method::GET, "/health", &old).await,
        None
    );
    server.finish().await;
}

#[tokio::test]
async fn a_session_that_goes_on_still_ends() {
    let server = TestServer::start().await;
    // Used each day, it is prolonged until its seventh.
    let token = token_of_age(2 * DAY);
    let next = next_token(&server, Method::GET, "/auth/me", &token).await;
    let claims = claims(&next.unwrap());
    let began = claims["iat_session"].as_u64().unwrap() * 1000;
    assert!(began.abs_diff(now().0 - 2 * DAY) < MINUTE, "{claims}");
    assert!(claims["iat"].as_u64().unwrap() * 1000 > now().0 - MINUTE);
    server.finish().await;
}

#[tokio::test]
async fn a_token_says_through_which_providers() {
    let server = development_server().await;
    let (user, token) = sign_in(&server, "ada").await;
    let claims = claims(&token);
    assert_eq!(claims["sub"], user["userId"]);
    assert_eq!(claims["providers"], json!(["dev"]));
    server.finish().await;
}

/// What a token says, unverified.
fn claims(token: &str) -> serde_json::Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn signing_out_tells_to_discard_the_token() {
    let server = TestServer::start().await;
    let answer = answer(server.request(Method::POST, "/auth/logout")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer.body["message"]
            .as_str()
            .unwrap()
            .contains("discard the token")
    );
    server.finish().await;
}
