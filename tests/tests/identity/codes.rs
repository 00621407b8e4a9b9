//! One-time codes: no token is ever in an address.

use std::pin::pin;

use futures::future::{Either, select};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    Answer, TestServer,
    locks::is_waiting,
    replica::{change, now, stamp},
    server::answer,
    tap::Tap,
};

use crate::support::{
    PAGE, as_user, assert_error, browser, code, development_server, development_server_on, me,
    redeem, sign_in, signed_in,
};

#[tokio::test]
async fn a_page_exchanges_its_code_for_a_session() {
    let server = development_server().await;
    let (user, token) = signed_in(&redeem(&server, &code(&server, "ada").await).await);
    assert_eq!(me(&server, &token).await, user);
    let (same, _) = sign_in(&server, "ada").await;
    assert_eq!(user, same);
    server.finish().await;
}

#[tokio::test]
async fn a_code_is_good_once() {
    let server = development_server().await;
    let code = code(&server, "ada").await;
    signed_in(&redeem(&server, &code).await);
    let again = redeem(&server, &code).await;
    assert_error(&again, StatusCode::BAD_REQUEST, "bad_request");
    server.finish().await;
}

/// What a server makes of a code while its user's account is deleted. It is held back before it does what has `text`.
async fn redeemed_beside_the_deletion(
    text: &'static str,
    redeem: impl AsyncFnOnce(&TestServer, &str, &str) -> Answer,
) -> (Value, Answer) {
    let near = development_server().await;
    let (user, token) = sign_in(&near, "ada").await;
    // Who has documents has a namespace, which a deletion removes.
    let changes = [change("plan", &json!({}), &stamp("phone", 0))];
    let push = as_user(&near, Method::POST, "/todo/sync", &token);
    let push = push.json(&json!({ "collection": "notes", "changes": changes }));
    assert_eq!(answer(push).await.status, StatusCode::OK);
    let code = code(&near, "ada").await;
    let tap = Tap::holding(&near.database, text);
    let far = development_server_on(tap.database(&near.database)).await;
    let deletion = async {
        tap.meets().await;
        let deletion = as_user(&near, Method::DELETE, "/account", &token);
        assert_eq!(answer(deletion).await.status, StatusCode::NO_CONTENT);
        tap.let_go();
    };
    let (redeemed, ()) = tokio::join!(redeem(&far, &token, &code), deletion);
    far.stop().await;
    near.finish().await;
    (user, redeemed)
}

/// The code is used up: there is no second try.
#[tokio::test]
async fn who_signs_in_while_the_account_is_deleted_gets_another() {
    let redeem = async |server: &TestServer, _: &str, code: &str| redeem(server, code).await;
    let (before, answer) = redeemed_beside_the_deletion("LEFT JOIN identities", redeem).await;
    let (user, _) = signed_in(&answer);
    assert_ne!(user["userId"], before["userId"]);
    assert_eq!(user["name"], "ada");
}

/// The end of a large account takes a while, and comes after who signs in meanwhile.
#[tokio::test]
async fn who_signs_in_before_a_deletion_is_done_does_not_outlive_it() {
    let near = development_server().await;
    let (_, token) = sign_in(&near, "ada").await;
    let tap = Tap::holding(&near.database, "DELETE FROM document_versions");
    let far = development_server_on(tap.database(&near.database)).await;
    let deletion = answer(as_user(&far, Method::DELETE, "/account", &token));
    let signing_in = async {
        tap.meets().await;
        // A token tells seconds.
        let second = || now().0 / 1000;
        let held = second();
        while second() == held {
            tokio::task::yield_now().await;
        }
        let signing_in = pin!(sign_in(&near, "ada"));
        let mut connection = near.database.connect().await;
        let waiting = pin!(async { while !is_waiting(&mut connection).await {} });
        let begun = select(signing_in, waiting).await;
        tap.let_go();
        match begun {
            Either::Left((signed_in, _)) => signed_in,
            Either::Right(((), signing_in)) => signing_in.await,
        }
    };
    let (deleted, (user, token)) = tokio::join!(deletion, signing_in);
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    let me = answer(as_user(&near, Method::GET, "/auth/me", &token)).await;
    assert!(
        me.status == StatusCode::UNAUTHORIZED || me.body == user,
        "{}",
        me.body
    );
    far.stop().await;
    near.finish().await;
}

/// Nobody waits for a long deletion with a connection to the database for as long as it takes.
#[tokio::test]
async fn a_code_is_good_for_another_try_after_a_deletion_that_takes_long() {
    let near = development_server().await;
    let (_, token) = sign_in(&near, "ada").await;
    let tap = Tap::holding(&near.database, "DELETE FROM document_versions");
    let far = development_server_on(tap.database(&near.database)).await;
    let deletion = answer(as_user(&far, Method::DELETE, "/account", &token));
    let signing_in = async {
        tap.meets().await;
        let code = code(&near, "ada").await;
        let told = redeem(&near, &code).await;
        assert_error(&told, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
        let again = redeem(&near, &code).await;
        tap.let_go();
        again
    };
    let (deleted, again) = tokio::join!(deletion, signing_in);
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_error(&again, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    far.stop().await;
    near.finish().await;
}

#[tokio::test]
async fn who_links_while_the_account_is_deleted_is_told_so() {
    let link = async |server: &TestServer, token: &str, code: &str| {
        let link = as_user(server, Method::POST, "/auth/link/dev", token);
        answer(link.json(&json!({ "code": code }))).await
    };
    let finding = "WHERE kind = $1 AND owner_id = $2";
    let (_, answer) = redeemed_beside_the_deletion(finding, link).await;
    assert_error(&answer, StatusCode::UNAUTHORIZED, "unauthorized");
}

#[tokio::test]
async fn of_many_who_have_a_code_one_is_signed_in() {
    let server = development_server().await;
    let code = code(&server, "ada").await;
    let answers = futures::future::join_all((0..8).map(|_| redeem(&server, &code))).await;
    let good = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK);
    assert_eq!(good.count(), 1);
    server.finish().await;
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let server = development_server().await;
    let code = code(&server, "ada").await;
    let mut connection = server.database.connect().await;
    let left: f64 = sqlx::query_scalar(
        "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 FROM login_codes",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert!((1.0..=60.0).contains(&left), "{left}");
    sqlx::query("UPDATE login_codes SET expires_at = clock_timestamp()")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_error(
        &redeem(&server, &code).await,
        StatusCode::BAD_REQUEST,
        "bad_request",
    );
    drop(connection);
    server.finish().await;
}

#[tokio::test]
async fn codes_are_kept_as_hashes_and_not_for_long() {
    let server = development_server().await;
    let first = code(&server, "ada").await;
    let mut connection = server.database.connect().await;
    let kept: Vec<u8> = sqlx::query_scalar("SELECT code_hash FROM login_codes")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(kept.len(), 32);
    assert_ne!(kept, first.as_bytes());
    sqlx::query("UPDATE login_codes SET expires_at = clock_timestamp() - interval '1 second'")
        .execute(&mut connection)
        .await
        .unwrap();
    code(&server, "ada").await;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM login_codes")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(count, 1, "the one that has expired is gone");
    drop(connection);
    server.finish().await;
}

#[tokio::test]
async fn made_up_codes_are_refused() {
    let server = development_server().await;
    for made_up in ["", "x", "a\0b", &"a".repeat(10_000)] {
        let answer = redeem(&server, made_up).await;
        assert_error(&answer, StatusCode::BAD_REQUEST, "bad_request");
    }
    let request = server.request(Method::POST, "/auth/token").json(&json!({}));
    assert_error(
        &answer(request).await,
        StatusCode::BAD_REQUEST,
        "bad_request",
    );
    server.finish().await;
}

#[tokio::test]
async fn only_pages_on_the_list_and_the_servers_own_get_codes() {
    let server = development_server().await;
    for page in [
        "https://evil.example",
        "/",
        &format!("{PAGE}/"),
        &format!("{PAGE}?a=1"),
    ] {
        let path = format!("/auth/dev?name=ada&redirectUri={page}");
        let answer = answer(server.request(Method::GET, &path)).await;
        assert_error(&answer, StatusCode::BAD_REQUEST, "bad_request");
    }
    let path = format!("/auth/dev?name=ada&redirectUri={PAGE}&state=a%20b%26c");
    let refused = answer(server.request(Method::GET, &path)).await;
    assert_error(&refused, StatusCode::BAD_REQUEST, "bad_request");
    let own = server.url("/");
    let path = format!("/auth/dev?name=ada&redirectUri={own}");
    let response = browser().get(server.url(&path)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    let address = response.headers()["location"].to_str().unwrap();
    assert!(address.starts_with(&format!("{own}?code=")), "{address}");
    server.finish().await;
}
