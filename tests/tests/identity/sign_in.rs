//! The whole way of each provider, with a real one.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_cli::demo::{Arrival, Browser};
use syncline_tests::{TestServer, provider::Provider, server::answer, traces::tables_with};

use crate::support::{PAGE, as_user, me, provider_server, redeem, signed_in};

fn read(arrival: &Arrival) -> Value {
    assert_eq!(arrival.status, 200, "{}", arrival.body);
    serde_json::from_str(&arrival.body).unwrap()
}

/// Signs in through a provider as somebody.
async fn sign_in(server: &TestServer, provider: &str, person: &str) -> Value {
    let mut browser = Browser::new().unwrap();
    let path = format!("/auth/{provider}");
    let begun = browser.first_step(&server.url(&path)).await.unwrap();
    let way = format!("{begun}&login_hint={person}");
    read(&browser.visit(&way).await.unwrap())
}

#[tokio::test]
async fn each_provider_tells_who_somebody_is() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    for (name, expected) in [
        ("google", json!(["Ada Lovelace", "ada@example.org"])),
        ("microsoft", json!(["Ada Lovelace", "ada@example.org"])),
        // GitHub's user has no name, so the login is shown; the primary address is verified.
        ("github", json!(["ada", "ada@example.org"])),
        // Apple tells the name in its form, and truth as a text.
        ("apple", json!(["Ada Lovelace", "ada@example.org"])),
    ] {
        let first = sign_in(&server, name, "ada").await;
        let user = &first["user"];
        assert_eq!(json!([user["name"], user["email"]]), expected, "{name}");
        assert_eq!(user["providers"], json!([name]));
        let token = first["token"].as_str().unwrap();
        assert_eq!(me(&server, token).await, *user);
        // What Apple told once is still known.
        let again = sign_in(&server, name, "ada").await;
        assert_eq!(again["user"], *user, "{name}");
        let bob = sign_in(&server, name, "bob").await;
        assert_ne!(bob["user"]["userId"], user["userId"], "{name}");
    }
    server.finish().await;
}

#[tokio::test]
async fn addresses_join_nobody_and_unverified_ones_are_not_kept() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    let google = sign_in(&server, "google", "ada").await;
    let github = sign_in(&server, "github", "ada").await;
    assert_eq!(google["user"]["email"], github["user"]["email"]);
    assert_ne!(google["user"]["userId"], github["user"]["userId"]);
    for name in ["google", "github"] {
        let bob = sign_in(&server, name, "bob").await;
        assert_eq!(bob["user"]["email"], json!(null), "{name}");
    }
    server.finish().await;
}

#[tokio::test]
async fn a_page_gets_a_code_and_its_own_state() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    for name in ["google", "github", "apple"] {
        let mut browser = Browser::new().unwrap();
        let begin = server.url(&format!("/auth/{name}?redirectUri={PAGE}&state=mine"));
        let step = browser.approach(&begin, PAGE).await.unwrap();
        let query: Vec<_> = step.url.query_pairs().into_owned().collect();
        let [(code_name, code), (state_name, state)] = &query[..] else {
            panic!("{name}: {}", step.url)
        };
        assert_eq!(
            (&**code_name, &**state_name, &**state),
            ("code", "state", "mine")
        );
        let (user, _) = signed_in(&redeem(&server, code).await);
        assert_eq!(user["providers"], json!([name]));
    }
    server.finish().await;
}

#[tokio::test]
async fn a_page_is_told_that_somebody_changed_their_mind() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    let mut browser = Browser::new().unwrap();
    let begin = server.url(&format!("/auth/google?redirectUri={PAGE}&state=mine"));
    let way = browser.first_step(&begin).await.unwrap();
    let way = format!("{way}&login_hint=nobody");
    let step = browser.approach(&way, PAGE).await.unwrap();
    assert_eq!(
        step.url.as_str(),
        format!("{PAGE}?error=unauthorized&state=mine")
    );
    let way = browser
        .first_step(&server.url("/auth/google"))
        .await
        .unwrap();
    let refused = browser
        .visit(&format!("{way}&login_hint=nobody"))
        .await
        .unwrap();
    assert_eq!(refused.status, 401, "{}", refused.body);
    assert!(refused.body.contains("access_denied"), "{}", refused.body);
    server.finish().await;
}

#[tokio::test]
async fn whoever_is_signed_in_links_a_second_provider_in_the_browser() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    let first = sign_in(&server, "google", "ada").await;
    let token = first["token"].as_str().unwrap();
    let begun = answer(as_user(&server, Method::POST, "/auth/link/github", token)).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
    let mut browser = Browser::new().unwrap();
    let own = server.url("/").parse().unwrap();
    browser.keep(&own, begun.headers["set-cookie"].to_str().unwrap());
    let way = begun.body["url"].as_str().unwrap();
    let linked = read(&browser.visit(way).await.unwrap());
    assert_eq!(linked["user"]["userId"], first["user"]["userId"]);
    assert_eq!(linked["user"]["providers"], json!(["google", "github"]));
    let through_github = sign_in(&server, "github", "ada").await;
    assert_eq!(through_github["user"], linked["user"]);
    // Bob's GitHub account is his, whoever else is signed in.
    sign_in(&server, "github", "bob").await;
    let carol = server.token("carol");
    let begun = answer(as_user(&server, Method::POST, "/auth/link/github", &carol)).await;
    browser.keep(&own, begun.headers["set-cookie"].to_str().unwrap());
    let way = format!("{}&login_hint=bob", begun.body["url"].as_str().unwrap());
    let mut other = Browser::new().unwrap();
    other.keep(&own, begun.headers["set-cookie"].to_str().unwrap());
    let refused = other.visit(&way).await.unwrap();
    assert_eq!(refused.status, 409, "{}", refused.body);
    server.finish().await;
}

/// A link that has begun outlives the account, and gives what is gone no name again.
#[tokio::test]
async fn nothing_is_linked_to_an_account_that_is_gone() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    let first = sign_in(&server, "google", "ada").await;
    let token = first["token"].as_str().unwrap();
    let begun = answer(as_user(&server, Method::POST, "/auth/link/github", token)).await;
    let deleted = answer(as_user(&server, Method::DELETE, "/account", token)).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.body);
    let mut browser = Browser::new().unwrap();
    let own = server.url("/").parse().unwrap();
    browser.keep(&own, begun.headers["set-cookie"].to_str().unwrap());
    let way = begun.body["url"].as_str().unwrap();
    let refused = browser.visit(way).await.unwrap();
    assert_eq!(refused.status, 401, "{}", refused.body);
    let user = first["user"]["userId"].as_str().unwrap();
    assert_eq!(tables_with(&server.database, user).await, BTreeSet::new());
    let again = sign_in(&server, "github", "ada").await;
    assert_ne!(again["user"]["userId"], user, "it is nobody's yet");
    server.finish().await;
}

#[tokio::test]
async fn cookies_are_as_strict_as_each_providers_answer_allows() {
    let provider = Provider::start();
    let server = provider_server(&provider).await;
    for (name, protection) in [
        ("google", "SameSite=Lax"),
        ("apple", "SameSite=None; Secure"),
    ] {
        let begin = server.url(&format!("/auth/{name}"));
        let response = crate::support::browser().get(begin).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        for part in ["Path=/auth;", "HttpOnly;", "Max-Age=600;", protection] {
            assert!(cookie.contains(part), "{cookie}");
        }
        let way = response.headers()["location"].to_str().unwrap();
        for part in [
            "code_challenge_method=S256",
            "code_challenge=",
            "state=",
            "nonce=",
        ] {
            assert!(way.contains(part), "{way}");
        }
    }
    server.finish().await;
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_not_available() {
    let configuration = "[auth.providers.google]\nclientId = \"a\"\nclientSecret = \"b\"\n\
                         issuer = \"http://127.0.0.1:9\"";
    let database = syncline_tests::TestDatabase::create().await;
    let server = TestServer::with(database, configuration).await;
    let refused = answer(server.request(Method::GET, "/auth/google")).await;
    crate::support::assert_error(&refused, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    assert!(refused.headers.contains_key("retry-after"));
    server.finish().await;
}
