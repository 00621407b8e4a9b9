//! Tokens of other issuers.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    Answer, TestDatabase, TestServer, first_sync, provider::Provider, replica::now, server::answer,
};

use crate::support::{as_user, assert_error};

/// What a token of the issuer says.
fn claims(provider: &Provider) -> Value {
    let seconds = now().0 / 1000;
    json!({
        "iss": provider.address(), "aud": "syncline", "sub": "7", "employee": "ada",
        "iat": seconds, "exp": seconds + 300,
    })
}

fn changed(provider: &Provider, more: &Value) -> Value {
    let mut claims = claims(provider);
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

/// A server that accepts tokens of the provider as `acme`'s.
async fn server(provider: &Provider, more: &str) -> TestServer {
    let configuration = format!(
        "[auth.issuers.acme]\nissuer = \"{}\"\naudience = \"syncline\"\n{more}\n",
        provider.address()
    );
    TestServer::with(TestDatabase::create().await, &configuration).await
}

async fn me(server: &TestServer, token: &str) -> Answer {
    answer(as_user(server, Method::GET, "/auth/me", token)).await
}

#[tokio::test]
async fn a_token_of_the_issuer_is_its_users() {
    let provider = Provider::start();
    let server = server(&provider, "userClaim = \"employee\"").await;
    for key in ["first", "elliptic"] {
        let token = provider.sign(key, &claims(&provider)).await;
        let me = me(&server, &token).await;
        assert_eq!(me.status, StatusCode::OK, "{}", me.body);
        assert_eq!(me.body["userId"], "acme|ada");
        let sync = as_user(&server, Method::POST, "/todo/sync", &token);
        let synced = answer(sync.json(&first_sync("notes"))).await;
        assert_eq!(synced.status, StatusCode::OK, "{}", synced.body);
    }
    // Our own tokens are accepted as ever.
    let own = me(&server, &server.token("ada")).await;
    assert_eq!(own.body["userId"], "ada");
    server.finish().await;
}

#[tokio::test]
async fn a_token_that_is_not_as_it_should_be_is_refused() {
    let provider = Provider::start();
    let server = server(&provider, "").await;
    let seconds = now().0 / 1000;
    for (key, more) in [
        ("strange", json!({})),
        ("second", json!({})),
        ("none", json!({})),
        ("hs256-public-key", json!({})),
        ("first", json!({ "aud": "somebody-else" })),
        ("first", json!({ "aud": ["somebody-else"] })),
        ("first", json!({ "iss": "https://somebody.example" })),
        ("first", json!({ "exp": seconds - 120 })),
        ("first", json!({ "exp": null })),
        ("first", json!({ "nbf": seconds + 120 })),
        ("first", json!({ "sub": null })),
        ("first", json!({ "sub": "" })),
    ] {
        let token = provider.sign(key, &changed(&provider, &more)).await;
        let refused = me(&server, &token).await;
        assert_error(&refused, StatusCode::UNAUTHORIZED, "unauthorized");
    }
    // Signed with our own secret, it is still not the issuer's.
    let token = own_token_in_the_name_of(provider.address());
    let refused = me(&server, &token).await;
    assert_error(&refused, StatusCode::UNAUTHORIZED, "unauthorized");
    server.finish().await;
}

fn own_token_in_the_name_of(issuer: &str) -> String {
    use jsonwebtoken::{EncodingKey, Header, encode};
    let claims = json!({ "iss": issuer, "sub": "7", "aud": "syncline", "iat": now().0 / 1000 });
    let secret = EncodingKey::from_secret(b"a secret that only the tests of Syncline use");
    encode(&Header::default(), &claims, &secret).unwrap()
}

#[tokio::test]
async fn a_new_key_is_found_at_once_and_strangers_do_not_make_us_ask_again() {
    let provider = Provider::start();
    let keys = format!("jwksUri = \"{}/rotating-jwks\"", provider.address());
    let server = server(&provider, &keys).await;
    let status = async |key: &str| {
        let token = provider.sign(key, &claims(&provider)).await;
        me(&server, &token).await.status
    };
    assert_eq!(status("first").await, StatusCode::OK);
    assert_eq!(status("first").await, StatusCode::OK);
    assert_eq!(provider.fetches().await, 1, "keys are kept");
    provider.rotate().await;
    assert_eq!(status("second").await, StatusCode::OK);
    assert_eq!(provider.fetches().await, 2, "an unknown key is looked for");
    for _ in 0..5 {
        assert_eq!(status("elliptic").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(provider.fetches().await, 2, "but not all the time");
    assert_eq!(status("first").await, StatusCode::OK);
    server.finish().await;
}

/// A client drops a session whose token is not valid, and this one may be.
#[tokio::test]
async fn a_new_key_that_cannot_be_fetched_is_no_bad_token() {
    let provider = Provider::start();
    let keys = format!("jwksUri = \"{}/rotating-jwks\"", provider.address());
    let server = server(&provider, &keys).await;
    let known = provider.sign("first", &claims(&provider)).await;
    let unknown = provider.sign("second", &claims(&provider)).await;
    assert_eq!(me(&server, &known).await.status, StatusCode::OK);
    drop(provider);
    for _ in 0..2 {
        let refused = me(&server, &unknown).await;
        assert_error(&refused, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    }
    assert_eq!(me(&server, &known).await.status, StatusCode::OK);
    server.finish().await;
}

#[tokio::test]
async fn the_issuer_decides_how_its_users_sign_in_and_for_how_long() {
    let provider = Provider::start();
    let server = server(&provider, "").await;
    let seconds = now().0 / 1000;
    let old = changed(&provider, &json!({ "iat": seconds - 2 * 60 * 60 }));
    let token = provider.sign("first", &old).await;
    let me = me(&server, &token).await;
    assert_eq!(me.status, StatusCode::OK, "{}", me.body);
    assert_eq!(me.headers.get("x-auth-token"), None);
    for (method, path) in [
        (Method::POST, "/auth/link/google"),
        (Method::DELETE, "/auth/providers/google"),
    ] {
        let refused = answer(as_user(&server, method, path, &token)).await;
        assert_error(&refused, StatusCode::FORBIDDEN, "forbidden");
    }
    server.finish().await;
}

#[tokio::test]
async fn while_its_keys_cannot_be_had_the_issuers_users_have_to_wait() {
    let provider = Provider::start();
    let keys = "jwksUri = \"http://127.0.0.1:9/jwks\"";
    let server = server(&provider, keys).await;
    let token = provider.sign("first", &claims(&provider)).await;
    let refused = me(&server, &token).await;
    assert_error(&refused, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    let own = me(&server, &server.token("ada")).await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.body);
    server.finish().await;
}
