use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension, Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header::RETRY_AFTER},
    middleware::from_fn,
    response::Response,
    routing::get,
};
use tower::{ServiceBuilder, ServiceExt};

use super::{RateLimits, limit};
use crate::Rates;

/// Addresses by which three requests in a minute may come, and two sign-ins.
fn router(trusted_proxy_hops: usize) -> Router {
    let rates = Rates {
        requests_per_minute: 0,
        address_requests_per_minute: 3,
        sign_ins_per_minute: 2,
        trusted_proxy_hops,
    };
    let limits = Arc::new(RateLimits::from(&rates));
    let layers = ServiceBuilder::new()
        .layer(Extension(limits))
        .layer(from_fn(limit));
    Router::new()
        .route("/{*path}", get(async || "here"))
        .layer(layers)
}

async fn send(router: &Router, peer: &str, forwarded: &str, path: &str) -> Response {
    let peer: SocketAddr = format!("{peer}:4711").parse().unwrap();
    let request = Request::get(path)
        .header("x-forwarded-for", forwarded)
        .extension(ConnectInfo(peer))
        .body(Body::empty())
        .unwrap();
    router.clone().oneshot(request).await.unwrap()
}

/// How many of five requests of `peer` were answered, each of which claims to be from elsewhere.
async fn answered(router: &Router, peer: &str, proxy_saw: &str, path: &str) -> usize {
    let mut answered = 0;
    for number in 0..5 {
        let forwarded = format!("192.0.2.{number}, {proxy_saw}");
        let response = send(router, peer, &forwarded, path).await;
        answered += usize::from(response.status() == StatusCode::OK);
    }
    answered
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let router = router(0);
    assert_eq!(answered(&router, "198.51.100.1", "", "/todo/sync").await, 3);
    let response = send(&router, "198.51.100.1", "", "/todo/sync").await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds = response.headers()[RETRY_AFTER].to_str().unwrap();
    assert!((1..=20).contains(&seconds.parse::<u32>().unwrap()));
}

#[tokio::test]
async fn addresses_that_a_client_makes_up_do_not_help_it() {
    let direct = router(0);
    assert_eq!(
        answered(&direct, "198.51.100.1", "203.0.113.1", "/x").await,
        3
    );
    assert_eq!(
        answered(&direct, "198.51.100.1", "203.0.113.2", "/x").await,
        0
    );
    let proxied = router(1);
    assert_eq!(answered(&proxied, "10.0.0.1", "203.0.113.1", "/x").await, 3);
    assert_eq!(answered(&proxied, "10.0.0.2", "203.0.113.1", "/x").await, 0);
    assert_eq!(answered(&proxied, "10.0.0.1", "203.0.113.2", "/x").await, 3);
}

#[tokio::test]
async fn sign_ins_are_fewer() {
    let router = router(0);
    assert_eq!(
        answered(&router, "198.51.100.1", "", "/auth/github").await,
        2
    );
    assert_eq!(answered(&router, "198.51.100.2", "", "/auth/me").await, 3);
}

#[tokio::test]
async fn whoever_watches_over_the_server_is_not_counted() {
    let router = router(0);
    for path in ["/health", "/ready"] {
        assert_eq!(answered(&router, "198.51.100.1", "", path).await, 5);
    }
    assert_eq!(answered(&router, "198.51.100.1", "", "/x").await, 3);
}
