//! Who may call.

use reqwest::{
    StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use secrecy::SecretString;
use serde_json::json;
use syncline_domain::{hlc::UnixMillis, identifier::UserId};
use syncline_identity::SessionTokens;
use syncline_tests::{
    TestServer,
    replica::now,
    server::{answer, token_at},
};

use crate::support::{assert_error, sync_request};

const MINUTE: u64 = 60 * 1000;
const DAY: u64 = 24 * 60 * MINUTE;

#[tokio::test]
async fn without_a_valid_token_nothing_is_answered() {
    let server = TestServer::start().await;
    let user = UserId::new("ada").unwrap();
    let secret = SecretString::from("some other secret, which is long enough to be one");
    let stranger = SessionTokens::new(&[secret])
        .unwrap()
        .issue(&user, now())
        .unwrap();
    let genuine = server.token("ada");
    let (_, signature) = genuine.rsplit_once('.').unwrap();
    // {"alg":"none"} . {"sub":"ada","iat":0}
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJpYXQiOjB9.";
    let ahead = token_at("ada", UnixMillis(now().0 + 10 * MINUTE));
    for header in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer garbage".to_owned(),
        format!("Basic {genuine}"),
        format!("Bearer {stranger}"),
        format!("Bearer {unsigned}"),
        format!("Bearer {unsigned}{signature}"),
        format!("Bearer {}", genuine.to_uppercase()),
        format!("Bearer {ahead}"),
    ] {
        let answer = answer(sync_request(&server).header(AUTHORIZATION, &header)).await;
        assert_error(&answer, StatusCode::UNAUTHORIZED, "unauthorized");
        assert_eq!(answer.headers[WWW_AUTHENTICATE], "Bearer");
        assert_eq!(answer.body.get("reason"), None, "{header}");
    }
    let answer = answer(sync_request(&server)).await;
    assert_error(&answer, StatusCode::UNAUTHORIZED, "unauthorized");
    server.finish().await;
}

#[tokio::test]
async fn an_expired_session_says_which_limit_it_met() {
    let server = TestServer::start().await;
    for (age, reason) in [(3 * DAY + MINUTE, "idle"), (7 * DAY + MINUTE, "hard")] {
        let token = token_at("ada", UnixMillis(now().0 - age));
        let answer = answer(sync_request(&server).bearer_auth(token)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.body,
            json!({
                "error": "Session expired", "code": "unauthorized", "reason": reason,
            })
        );
    }
    let token = token_at("ada", UnixMillis(now().0 - 3 * DAY + MINUTE));
    let answer = answer(sync_request(&server).bearer_auth(token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    server.finish().await;
}

#[tokio::test]
async fn nobody_is_a_member_of_an_organisation_that_is_not_there() {
    let server = TestServer::start().await;
    let request = sync_request(&server).bearer_auth(server.token("ada"));
    let answer = answer(request.header("X-Org-Id", "acme")).await;
    assert_error(&answer, StatusCode::FORBIDDEN, "forbidden");
    server.finish().await;
}
