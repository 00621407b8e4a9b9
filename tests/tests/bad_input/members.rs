//! Members of a request and of its changes.

use reqwest::StatusCode;
use serde_json::json;
use syncline_tests::replica::{change, stamp};

use crate::trial::{Trial, is_refusal, valid, with};

#[tokio::test]
async fn a_member_of_another_type_is_named() {
    let trial = Trial::begin().await;
    let long = "x".repeat(500);
    for (pointer, value, place) in [
        ("/collection", json!(5), "collection: "),
        ("/collection", json!(null), "collection: "),
        ("/collection", json!(""), "collection: "),
        ("/collection", json!("a\0b"), "collection: "),
        ("/collection", json!(long), "collection: "),
        ("/clientClock", json!(5), "clientClock: "),
        ("/clientClock", json!("yesterday"), "clientClock: "),
        ("/protocol", json!("2"), "protocol: "),
        ("/protocol", json!(-1), "protocol: "),
        ("/node", json!(5), "node: "),
        ("/node", json!(""), "node: "),
        ("/node", json!("téléphone"), "node: "),
        ("/node", json!("server~1"), "node: "),
        ("/limit", json!(0), "limit: "),
        ("/limit", json!(5001), "limit: "),
        ("/limit", json!("10"), "limit: "),
        ("/limit", json!(1.5), "limit: "),
        ("/limit", json!(-1), "limit: "),
        ("/echo", json!("no"), "echo: "),
        ("/partial", json!(1), "partial: "),
        ("/changes", json!({}), "changes: "),
        ("/changes", json!("all"), "changes: "),
        ("/changes", json!(null), "changes: "),
    ] {
        trial
            .refuses(&with(pointer, value), "bad_request", place)
            .await;
    }
    let without_collection = json!({ "changes": [] });
    trial
        .refuses(&without_collection, "bad_request", "`collection`")
        .await;
    trial.end().await;
}

#[tokio::test]
async fn a_member_of_a_change_of_another_type_is_named() {
    let trial = Trial::begin().await;
    let long = "x".repeat(401);
    for (pointer, value, place) in [
        ("/changes/0", json!("1"), "changes[0].key: "),
        ("/changes/0", json!(null), "changes[0].key: "),
        ("/changes/0", json!({ "doc": {} }), "changes[0].key: "),
        ("/changes/0", json!({ "key": "1" }), "changes[0].doc: "),
        ("/changes/0/key", json!(5), "changes[0].key: "),
        ("/changes/0/key", json!(""), "changes[0].key: "),
        ("/changes/0/key", json!("a\nb"), "changes[0].key: "),
        ("/changes/0/key", json!("a\0b"), "changes[0].key: "),
        ("/changes/0/key", json!(long), "changes[0].key: "),
        ("/changes/0/doc", json!([]), "changes[0].doc: "),
        ("/changes/0/doc", json!("text"), "changes[0].doc: "),
        ("/changes/0/doc", json!(null), "changes[0].doc: "),
        (
            "/changes/0/fieldRevs",
            json!("now"),
            "changes[0].fieldRevs: ",
        ),
        ("/changes/0/fieldRevs", json!([]), "changes[0].fieldRevs: "),
        (
            "/changes/0/fieldRevs",
            json!({ "title": 5 }),
            "changes[0].fieldRevs: `title`",
        ),
        (
            "/changes/0/fieldRevs",
            json!({ "title": "now" }),
            "changes[0].fieldRevs: `title`",
        ),
        (
            "/changes/0/fieldRevs",
            json!({ "a\0b": stamp("phone", 0) }),
            "changes[0].fieldRevs: ",
        ),
        ("/changes/0/after", json!(5), "changes[0].after: "),
        (
            "/changes/0/after",
            json!({ "title": "now" }),
            "changes[0].after: `title`",
        ),
        ("/changes/0/baseClock", json!(5), "changes[0].baseClock: "),
        (
            "/changes/0/baseClock",
            json!("now"),
            "changes[0].baseClock: ",
        ),
        ("/changes/0/deleted", json!("yes"), "changes[0].deleted: "),
        ("/changes/0/deleted", json!(true), "changes[0].fieldRevs: "),
        ("/changes/0/owner", json!(5), "changes[0].owner: "),
    ] {
        trial
            .refuses(&with(pointer, value), "bad_request", place)
            .await;
    }
    trial.end().await;
}

#[tokio::test]
async fn a_key_twice_in_one_request_is_refused() {
    let trial = Trial::begin().await;
    let mut body = valid();
    let again = body["changes"][0].clone();
    body["changes"].as_array_mut().unwrap().push(again);
    trial
        .refuses(&body, "bad_request", "changes[1].key: ")
        .await;
    trial.end().await;
}

#[tokio::test]
async fn too_many_changes_are_refused() {
    let trial = Trial::begin().await;
    let change = |key: usize| change(&key.to_string(), &json!({}), &stamp("phone", 0));
    let changes: Vec<_> = (0..1001).map(change).collect();
    trial
        .refuses(
            &with("/changes", changes.into()),
            "bad_request",
            "changes: ",
        )
        .await;
    trial.end().await;
}

#[tokio::test]
async fn keys_and_paths_of_a_megabyte_are_refused() {
    let trial = Trial::begin().await;
    let long = "x".repeat(1_000_000);
    let key = with("/changes/0/key", long.clone().into());
    trial.refuses(&key, "bad_request", "changes[0].key: ").await;
    for member in ["fieldRevs", "after"] {
        let pointer = format!("/changes/0/{member}");
        let body = with(&pointer, json!({ &long: stamp("phone", 0) }));
        trial
            .refuses(&body, "bad_request", &format!("changes[0].{member}: "))
            .await;
    }
    trial.end().await;
}

#[tokio::test]
async fn documents_of_others_are_not_found() {
    let trial = Trial::begin().await;
    let body = with("/changes/0/owner", json!("bob"));
    let answer = trial.server.post_sync("ada", "todo", &body).await;
    is_refusal(
        &answer,
        StatusCode::NOT_FOUND,
        "not_found",
        "is not shared with you",
    );
    let own = with("/changes/0/owner", json!("ada"));
    trial.server.sync("ada", own).await;
    trial.end_with_documents(1).await;
}

#[tokio::test]
async fn an_unknown_application_is_not_found() {
    let trial = Trial::begin().await;
    for (application, shown) in [
        ("nowhere", "nowhere"),
        ("TODO", "TODO"),
        ("todo%2Fx", "todo/x"),
    ] {
        let answer = trial.server.post_sync("ada", application, &valid()).await;
        is_refusal(
            &answer,
            StatusCode::NOT_FOUND,
            "not_found",
            &format!("`{shown}`"),
        );
    }
    let answer = trial.server.post_sync("ada", "%FF", &valid()).await;
    is_refusal(&answer, StatusCode::BAD_REQUEST, "bad_request", "UTF-8");
    trial.end().await;
}
