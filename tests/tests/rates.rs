//! How many requests a client may send, and that it cannot pretend to be another one.

#![cfg(test)]

use reqwest::{
    Method, StatusCode,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, RETRY_AFTER},
};
use syncline_tests::{Answer, TestDatabase, TestServer, server::answer};

const X_FORWARDED_FOR: &str = "x-forwarded-for";

async fn server(limits: &str) -> TestServer {
    let more = format!("[limits]\n{limits}\n");
    TestServer::with(TestDatabase::create().await, &more).await
}

/// Holds that there were too many requests, and that the answer says when to come back.
#[track_caller]
fn is_too_much(answer: &Answer, seconds: u32) {
    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "{}",
        answer.body
    );
    assert_eq!(answer.body["code"], "rate_limited");
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
    // A page of another origin has to see it, too.
    assert!(answer.headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    let wait: u32 = answer.headers[RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=seconds).contains(&wait), "{wait} s");
    let sentence = answer.body["error"].as_str().unwrap();
    assert!(sentence.contains(&format!("{wait} seconds")), "{sentence}");
}

#[tokio::test]
async fn a_user_is_told_when_it_was_too_much() {
    let server = server("requestsPerMinute = 4").await;
    let ask = async |user| {
        let request = server.request(Method::GET, "/orgs");
        answer(request.bearer_auth(server.token(user))).await
    };
    for _ in 0..4 {
        assert_eq!(ask("ada").await.status, StatusCode::OK);
    }
    is_too_much(&ask("ada").await, 15);
    assert_eq!(ask("bob").await.status, StatusCode::OK);
    server.finish().await;
}

#[tokio::test]
async fn a_forged_token_does_not_count_for_its_user() {
    let server = server("requestsPerMinute = 2").await;
    for _ in 0..5 {
        let forged = format!("{}x", server.token("ada"));
        let request = server.request(Method::GET, "/orgs").bearer_auth(forged);
        assert_eq!(answer(request).await.status, StatusCode::UNAUTHORIZED);
    }
    let request = server.request(Method::GET, "/orgs");
    let request = request.bearer_auth(server.token("ada"));
    assert_eq!(answer(request).await.status, StatusCode::OK);
    server.finish().await;
}

#[tokio::test]
async fn a_direct_client_cannot_make_up_addresses() {
    let server = server("addressRequestsPerMinute = 3").await;
    let ask = async |forwarded: &str| {
        let request = server.request(Method::GET, "/nowhere");
        answer(request.header(X_FORWARDED_FOR, forwarded)).await
    };
    for number in 0..3 {
        let answer = ask(&format!("192.0.2.{number}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    is_too_much(&ask("192.0.2.77").await, 20);
    let health = answer(server.request(Method::GET, "/health")).await;
    assert_eq!(health.status, StatusCode::OK);
    server.finish().await;
}

#[tokio::test]
async fn behind_a_proxy_the_address_is_what_the_proxy_wrote() {
    let server = server("addressRequestsPerMinute = 3\ntrustedProxyHops = 1").await;
    let ask = async |forwarded: &str| {
        let request = server.request(Method::GET, "/nowhere");
        answer(request.header(X_FORWARDED_FOR, forwarded)).await
    };
    for number in 0..3 {
        let forged = format!("192.0.2.{number}, 203.0.113.7");
        assert_eq!(ask(&forged).await.status, StatusCode::NOT_FOUND);
    }
    is_too_much(&ask("192.0.2.77, 203.0.113.7").await, 20);
    assert_eq!(ask("203.0.113.8").await.status, StatusCode::NOT_FOUND);
    // One network of IPv6 is one client.
    for number in 0..3 {
        let own = format!("2001:db8::{number}");
        assert_eq!(ask(&own).await.status, StatusCode::NOT_FOUND);
    }
    is_too_much(&ask("2001:db8::ffff:1").await, 20);
    assert_eq!(ask("2001:db8:0:1::1").await.status, StatusCode::NOT_FOUND);
    server.finish().await;
}

#[tokio::test]
async fn sign_ins_are_counted_apart() {
    let server = server("signInsPerMinute = 2").await;
    let ask = async |path| answer(server.request(Method::GET, path)).await;
    for path in ["/auth/nobody", "/auth/nobody/callback"] {
        assert_ne!(ask(path).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    is_too_much(&ask("/auth/nobody").await, 30);
    for path in ["/auth/me", "/orgs"] {
        assert_ne!(ask(path).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    server.finish().await;
}
