//! Several ways to sign in as one user. The identities are put into the database: how they are
//! proven is told elsewhere.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_domain::hlc::UnixMillis;
use syncline_tests::{
    Answer, TestServer,
    replica::now,
    server::{answer, token_at},
};

use crate::support::{as_user, assert_error, code, development_server, me, sign_in, signed_in};

async fn link_code(server: &TestServer, token: &str, path: &str, code: &str) -> Answer {
    let request = as_user(server, Method::POST, path, token);
    answer(request.json(&json!({ "code": code }))).await
}

async fn unlink(server: &TestServer, token: &str, provider: &str) -> Answer {
    let path = format!("/auth/providers/{provider}");
    answer(as_user(server, Method::DELETE, &path, token)).await
}

/// Another server on the database of one, through which people sign in with GitHub instead.
async fn github_server_beside(server: &TestServer) -> TestServer {
    let github = "[auth.providers.github]\nclientId = \"a\"\nclientSecret = \"b\"\n";
    TestServer::with(server.database.clone(), github).await
}

/// Gives a user an identity of another provider.
async fn give(server: &TestServer, user: &Value, provider: &str, subject: &str) {
    sqlx::query("INSERT INTO identities (provider, subject, user_id) VALUES ($1, $2, $3)")
        .bind(provider)
        .bind(subject)
        .bind(user["userId"].as_str().unwrap())
        .execute(&mut server.database.connect().await)
        .await
        .unwrap();
}

#[tokio::test]
async fn whoever_has_a_session_links_an_identity_with_its_code() {
    let server = development_server().await;
    let token = server.token("ada");
    assert_eq!(me(&server, &token).await["providers"], json!([]));
    let linked = link_code(
        &server,
        &token,
        "/auth/link/dev",
        &code(&server, "ada").await,
    )
    .await;
    let (user, renewed) = signed_in(&linked);
    assert_eq!(user["userId"], "ada");
    assert_eq!(user["providers"], json!(["dev"]));
    assert_eq!(me(&server, &renewed).await, user);
    let (same, _) = sign_in(&server, "ada").await;
    assert_eq!(same, user, "from now on the identity is hers");
    server.finish().await;
}

/// Nobody can be sent to a page of it.
#[tokio::test]
async fn a_developer_is_linked_with_a_code_alone() {
    let server = development_server().await;
    let link = as_user(
        &server,
        Method::POST,
        "/auth/link/dev",
        &server.token("ada"),
    );
    let refused = answer(link).await;
    assert_error(&refused, StatusCode::BAD_REQUEST, "bad_request");
    let sentence = refused.body["error"].as_str().unwrap();
    assert!(sentence.contains("`redirectUri`"), "{sentence}");
    server.finish().await;
}

#[tokio::test]
async fn linking_again_changes_nothing() {
    let server = development_server().await;
    let (user, token) = sign_in(&server, "ada").await;
    let again = link_code(
        &server,
        &token,
        "/auth/link/dev",
        &code(&server, "ada").await,
    )
    .await;
    assert_eq!(signed_in(&again).0, user);
    server.finish().await;
}

#[tokio::test]
async fn an_identity_of_another_user_stays_there() {
    let server = development_server().await;
    let (bob, _) = sign_in(&server, "bob").await;
    let token = server.token("ada");
    let refused = link_code(
        &server,
        &token,
        "/auth/link/dev",
        &code(&server, "bob").await,
    )
    .await;
    assert_error(&refused, StatusCode::CONFLICT, "conflict");
    assert_eq!(sign_in(&server, "bob").await.0, bob);
    assert_eq!(me(&server, &token).await["providers"], json!([]));
    server.finish().await;
}

#[tokio::test]
async fn a_user_has_one_identity_of_a_provider() {
    let server = development_server().await;
    let (user, token) = sign_in(&server, "ada").await;
    let other = code(&server, "ada2").await;
    let refused = link_code(&server, &token, "/auth/link/dev", &other).await;
    assert_error(&refused, StatusCode::CONFLICT, "conflict");
    assert_eq!(me(&server, &token).await, user);
    server.finish().await;
}

#[tokio::test]
async fn a_code_of_another_provider_or_none_links_nothing() {
    let server = development_server().await;
    let token = server.token("ada");
    let refused = link_code(&server, &token, "/auth/link/dev", "made-up").await;
    assert_error(&refused, StatusCode::BAD_REQUEST, "bad_request");
    let elsewhere = link_code(&server, &token, "/auth/link/github", "made-up").await;
    assert_error(&elsewhere, StatusCode::NOT_FOUND, "not_found");
    let code = code(&server, "ada").await;
    let stranger = server.request(Method::POST, "/auth/link/dev");
    let stranger = answer(stranger.json(&json!({ "code": code }))).await;
    assert_error(&stranger, StatusCode::UNAUTHORIZED, "unauthorized");
    server.finish().await;
}

#[tokio::test]
async fn a_provider_is_taken_away_but_never_the_last() {
    let server = development_server().await;
    let github = github_server_beside(&server).await;
    let (user, token) = sign_in(&server, "ada").await;
    let last = unlink(&server, &token, "dev").await;
    assert_error(&last, StatusCode::CONFLICT, "conflict");
    give(&server, &user, "github", "7").await;
    assert_eq!(
        me(&server, &token).await["providers"],
        json!(["dev", "github"])
    );
    let (left, renewed) = signed_in(&unlink(&github, &token, "dev").await);
    assert_eq!(left["providers"], json!(["github"]));
    assert_eq!(me(&server, &renewed).await, left);
    let gone = unlink(&github, &token, "dev").await;
    assert_error(&gone, StatusCode::NOT_FOUND, "not_found");
    let unknown = unlink(&github, &token, "myspace").await;
    assert_error(&unknown, StatusCode::NOT_FOUND, "not_found");
    let last = unlink(&github, &token, "github").await;
    assert_error(&last, StatusCode::CONFLICT, "conflict");
    let (other, _) = sign_in(&server, "ada").await;
    assert_ne!(
        other["userId"], user["userId"],
        "the identity is free for a new user"
    );
    github.stop().await;
    server.finish().await;
}

/// Nobody could sign in through what is left.
#[tokio::test]
async fn the_last_provider_is_one_that_is_configured() {
    let server = development_server().await;
    let (user, token) = sign_in(&server, "ada").await;
    give(&server, &user, "github", "7").await;
    let last = unlink(&server, &token, "dev").await;
    assert_error(&last, StatusCode::CONFLICT, "conflict");
    let (left, _) = signed_in(&unlink(&server, &token, "github").await);
    assert_eq!(left["providers"], json!(["dev"]));
    server.finish().await;
}

/// Whoever takes the next token from the header knows as much as who takes it from the answer.
#[tokio::test]
async fn the_next_token_of_an_old_one_names_what_was_linked() {
    let server = development_server().await;
    let github = github_server_beside(&server).await;
    let old = token_at("ada", UnixMillis(now().0 - 2 * 60 * 60 * 1000));
    let code = code(&server, "ada").await;
    let linked = link_code(&server, &old, "/auth/link/dev", &code).await;
    let (user, token) = signed_in(&linked);
    assert_eq!(linked.headers["x-auth-token"], token);
    give(&server, &user, "github", "7").await;
    let unlinked = unlink(&github, &old, "dev").await;
    assert_eq!(unlinked.headers["x-auth-token"], signed_in(&unlinked).1);
    github.stop().await;
    server.finish().await;
}

#[tokio::test]
async fn two_who_take_away_the_last_two_leave_one() {
    let server = development_server().await;
    let github = github_server_beside(&server).await;
    for round in 0..10 {
        let (user, token) = sign_in(&server, &format!("ada-{round}")).await;
        give(&server, &user, "github", &format!("{round}")).await;
        let (one, other) = tokio::join!(
            unlink(&github, &token, "dev"),
            unlink(&server, &token, "github")
        );
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [StatusCode::OK, StatusCode::CONFLICT], "{round}");
        let left = me(&server, &token).await;
        assert_eq!(left["providers"].as_array().unwrap().len(), 1);
    }
    github.stop().await;
    server.finish().await;
}
