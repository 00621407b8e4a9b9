//! Sign-ins that are not as they should be.

use serde_json::json;
use syncline_cli::demo::{Browser, Step};
use syncline_tests::{TestDatabase, TestServer, provider::Provider};

use crate::support::{PAGE, provider_server};

/// A browser on its way back from a provider, and its last step, which is not done yet.
async fn on_the_way(server: &TestServer, provider: &str) -> (Browser, Step) {
    let mut browser = Browser::new().unwrap();
    let callback = server.url(&format!("/auth/{provider}/callback"));
    let begin = server.url(&format!("/auth/{provider}"));
    let step = browser.approach(&begin, &callback).await.unwrap();
    (browser, step)
}

/// The step with another parameter.
fn with(step: &Step, name: &str, value: &str) -> Step {
    let mut step = step.clone();
    let pairs: Vec<_> = step.url.query_pairs().into_owned().collect();
    step.url.query_pairs_mut().clear().extend_pairs(
        pairs
            .iter()
            .map(|(key, old)| (key, if key == name { value } else { old })),
    );
    for (key, old) in &mut step.fields {
        if key == name {
            value.clone_into(old);
        }
    }
    step
}

#[tokio::test]
async fn an_answer_with_another_state_is_refused() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    for name in ["google", "github", "apple"] {
        let (mut browser, step) = on_the_way(&server, name).await;
        for state in ["", "x", "another-sign-in"] {
            let refused = browser.step(&with(&step, "state", state)).await.unwrap();
            assert_eq!(refused.status, 400, "{name} {state}: {}", refused.body);
        }
        // The cookie was removed with the first refusal: the sign-in is over.
        let late = browser.step(&step).await.unwrap();
        assert_eq!(late.status, 400, "{name}: {}", late.body);
    }
    server.finish().await;
}

#[tokio::test]
async fn an_answer_in_another_browser_or_at_another_provider_is_refused() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    let (_, step) = on_the_way(&server, "google").await;
    let stranger = Browser::new().unwrap().step(&step).await.unwrap();
    assert_eq!(stranger.status, 400, "{}", stranger.body);
    let (mut browser, mut step) = on_the_way(&server, "google").await;
    step.url.set_path("/auth/github/callback");
    let elsewhere = browser.step(&step).await.unwrap();
    assert_eq!(elsewhere.status, 400, "{}", elsewhere.body);
    let (mut browser, step) = on_the_way(&server, "google").await;
    let own = server.url("/").parse().unwrap();
    browser.keep(&own, "syncline-sign-in=e30AAAAAAAAAAAAAAAAAAAAA");
    let forged = browser.step(&step).await.unwrap();
    assert_eq!(forged.status, 400, "{}", forged.body);
    server.finish().await;
}

#[tokio::test]
async fn a_code_is_good_once_and_only_for_its_own_sign_in() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    for name in ["google", "github", "apple"] {
        let (mut browser, step) = on_the_way(&server, name).await;
        let cookie = browser.cookie(&step.url, "syncline-sign-in").unwrap();
        let first = browser.step(&step).await.unwrap();
        assert_eq!(first.status, 200, "{name}: {}", first.body);
        browser.keep(&step.url, &format!("syncline-sign-in={cookie}"));
        let replayed = browser.step(&step).await.unwrap();
        assert_eq!(replayed.status, 401, "{name}: {}", replayed.body);

        // A code that somebody else began: the verifier is not theirs.
        let (_, stolen) = on_the_way(&server, name).await;
        let (mut browser, step) = on_the_way(&server, name).await;
        let code = value(&stolen, "code");
        let injected = browser.step(&with(&step, "code", &code)).await.unwrap();
        assert_eq!(injected.status, 401, "{name}: {}", injected.body);
    }
    server.finish().await;
}

fn value(step: &Step, name: &str) -> String {
    let pairs = step.url.query_pairs().into_owned();
    let mut all = pairs.chain(step.fields.iter().cloned());
    all.find(|(key, _)| key == name).unwrap().1
}

#[tokio::test]
async fn a_made_up_code_and_none_at_all_are_refused() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    let (mut browser, step) = on_the_way(&server, "google").await;
    let made_up = browser.step(&with(&step, "code", "made-up")).await.unwrap();
    assert_eq!(made_up.status, 401, "{}", made_up.body);
    let (mut browser, mut step) = on_the_way(&server, "google").await;
    let state = value(&step, "state");
    step.url.set_query(Some(&format!("state={state}")));
    let none = browser.step(&step).await.unwrap();
    assert_eq!(none.status, 401, "{}", none.body);
    server.finish().await;
}

/// A server whose provider signs ID tokens so, with these claims changed.
async fn misled(provider: &Provider, key: &str, claims: &serde_json::Value) -> TestServer {
    let address = provider.address();
    let claims = claims.to_string().replace('"', "%22").replace(' ', "%20");
    let configuration = format!(
        "[auth]\nredirectUris = [\"{PAGE}\"]\n[auth.providers.google]\n\
         clientId = \"syncline-google\"\nclientSecret = \"syncline-google-secret\"\n\
         issuer = \"{address}\"\n\
         tokenEndpoint = '{address}/token?sign={key}&claims={claims}'\n"
    );
    TestServer::with(TestDatabase::create().await, &configuration).await
}

#[tokio::test]
async fn an_id_token_that_is_not_as_it_should_be_is_refused() {
    let provider = Provider::start();
    for (key, claims, status) in [
        // Signed anew by the right keys, nothing is wrong.
        ("first", json!({}), 200),
        ("elliptic", json!({}), 200),
        ("first", json!({ "nonce": "of another sign-in" }), 401),
        ("first", json!({ "nonce": null }), 401),
        ("first", json!({ "aud": "somebody-else" }), 401),
        (
            "first",
            json!({ "aud": ["syncline-google", "somebody-else"] }),
            401,
        ),
        (
            "first",
            json!({ "iss": "https://accounts.google.com" }),
            401,
        ),
        ("first", json!({ "exp": 1_700_000_000 }), 401),
        ("first", json!({ "sub": "x".repeat(256) }), 401),
        ("strange", json!({}), 401),
        ("second", json!({}), 401),
        ("none", json!({}), 401),
        ("hs256-public-key", json!({}), 401),
        ("hs256-client-secret", json!({}), 401),
    ] {
        let server = misled(&provider, key, &claims).await;
        let (mut browser, step) = on_the_way(&server, "google").await;
        let answer = browser.step(&step).await.unwrap();
        assert_eq!(answer.status, status, "{key} {claims}: {}", answer.body);
        let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
            .fetch_one(&mut server.database.connect().await)
            .await
            .unwrap();
        assert_eq!(users, i64::from(status == 200), "{key} {claims}");
        server.finish().await;
    }
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_found_at_once() {
    let provider = Provider::start();
    let address = provider.address();
    let configuration = format!(
        "[auth.providers.google]\nclientId = \"syncline-google\"\n\
         clientSecret = \"syncline-google-secret\"\nissuer = \"{address}\"\n\
         jwksUri = \"{address}/rotating-jwks\"\n\
         tokenEndpoint = \"{address}/token?sign=current\"\n"
    );
    let server = TestServer::with(TestDatabase::create().await, &configuration).await;
    let sign_in = async || {
        let (mut browser, step) = on_the_way(&server, "google").await;
        browser.step(&step).await.unwrap().status
    };
    assert_eq!(sign_in().await, 200);
    assert_eq!(sign_in().await, 200);
    assert_eq!(provider.fetches().await, 1, "keys are kept");
    provider.rotate().await;
    assert_eq!(sign_in().await, 200);
    assert_eq!(sign_in().await, 200);
    assert_eq!(provider.fetches().await, 2, "an unknown key is looked for");
    server.finish().await;
}
