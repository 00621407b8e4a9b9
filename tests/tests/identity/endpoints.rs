//! Every endpoint of `/auth` and every kind of caller.

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use syncline_domain::hlc::UnixMillis;
use syncline_tests::{
    TestServer,
    provider::Provider,
    replica::now,
    server::{answer, token_at},
};

use crate::support::{development_server, provider_server};

const DAY: u64 = 24 * 60 * 60 * 1000;

/// Those who call, in the order of the columns below.
fn callers(server: &TestServer) -> [Option<String>; 6] {
    let aged = |millis| token_at("ada", UnixMillis(now().0 - millis));
    let token = server.token("ada");
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let other = token_at("bob", now());
    let (other_rest, _) = other.rsplit_once('.').unwrap();
    assert_ne!(rest, other_rest);
    [
        None,
        Some("made-up".into()),
        Some(format!("{other_rest}.{signature}")),
        Some(aged(4 * DAY)),
        Some(aged(8 * DAY)),
        Some(token),
    ]
}

fn with(request: RequestBuilder, token: Option<&String>) -> RequestBuilder {
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

/// A method, a path, whether a body goes with it, and the statuses for: nobody, a made-up token, a
/// token with another's signature, an idle session, an old session, a session.
type Row = (Method, &'static str, bool, [u16; 6]);

async fn check(server: &TestServer, table: &[Row]) {
    let callers = callers(server);
    for (method, path, has_body, statuses) in table {
        for (caller, status) in callers.iter().zip(statuses) {
            let mut request = with(server.request(method.clone(), path), caller.as_ref());
            if *has_body {
                request = request.json(&json!({ "code": "made-up", "name": "ada" }));
            }
            let answer = answer(request).await;
            assert_eq!(
                answer.status.as_u16(),
                *status,
                "{method} {path} by {caller:?}: {}",
                answer.body
            );
            if answer.status.as_u16() >= 400 {
                let error = answer.body["error"].as_str().unwrap_or_default();
                assert!(!error.is_empty(), "{method} {path}: {}", answer.body);
                assert!(answer.body["code"].is_string(), "{method} {path}");
            }
            assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        }
    }
}

const ANYBODY: fn(u16) -> [u16; 6] = |status| [status; 6];
const SIGNED_IN: fn(u16) -> [u16; 6] = |status| [401, 401, 401, 401, 401, status];

#[tokio::test]
async fn on_a_server_for_development() {
    let server = development_server().await;
    check(
        &server,
        &[
            (Method::GET, "/auth/providers", false, ANYBODY(200)),
            (Method::GET, "/auth/me", false, SIGNED_IN(200)),
            (Method::POST, "/auth/logout", false, ANYBODY(200)),
            (Method::POST, "/auth/token", true, ANYBODY(400)),
            (Method::POST, "/auth/token", false, ANYBODY(415)),
            (Method::GET, "/auth/dev?name=ada", false, ANYBODY(200)),
            (Method::POST, "/auth/dev", true, ANYBODY(200)),
            (Method::GET, "/auth/dev/callback", false, ANYBODY(400)),
            (Method::GET, "/auth/github", false, ANYBODY(404)),
            (Method::GET, "/auth/github/callback", false, ANYBODY(404)),
            (Method::POST, "/auth/link/github", false, SIGNED_IN(404)),
            (Method::POST, "/auth/link/dev", true, SIGNED_IN(400)),
            (Method::POST, "/auth/link/dev", false, SIGNED_IN(400)),
            (Method::DELETE, "/auth/providers/dev", false, SIGNED_IN(404)),
            (Method::GET, "/auth/token", false, ANYBODY(405)),
            (Method::DELETE, "/auth/me", false, ANYBODY(405)),
            (Method::GET, "/auth/link/dev", false, ANYBODY(405)),
        ],
    )
    .await;
    server.finish().await;
}

#[tokio::test]
async fn on_a_server_with_providers() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    check(
        &server,
        &[
            (Method::GET, "/auth/providers", false, ANYBODY(200)),
            (Method::GET, "/auth/dev?name=ada", false, ANYBODY(404)),
            (Method::POST, "/auth/dev", true, ANYBODY(404)),
            (Method::GET, "/auth/google/callback", false, ANYBODY(400)),
            (
                Method::GET,
                "/auth/google/callback?state=x&code=y",
                false,
                ANYBODY(400),
            ),
            (Method::POST, "/auth/apple/callback", false, ANYBODY(415)),
            (Method::POST, "/auth/link/google", false, SIGNED_IN(200)),
            (Method::POST, "/auth/link/google", true, SIGNED_IN(400)),
            (Method::POST, "/auth/link/myspace", false, SIGNED_IN(404)),
            (
                Method::DELETE,
                "/auth/providers/google",
                false,
                SIGNED_IN(404),
            ),
        ],
    )
    .await;
    server.finish().await;
}
