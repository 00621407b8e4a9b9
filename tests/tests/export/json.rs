use reqwest::{Method, StatusCode, header::CONTENT_DISPOSITION};
use serde_json::{Value, json};
use syncline_tests::{
    TestServer, first_sync,
    replica::{deletion, stamp},
    server::answer,
};

use crate::support::{USER, export, export_json, get, refuses, store, store_many};

#[tokio::test]
async fn an_export_holds_every_document_as_a_pull_gives_it() {
    let server = TestServer::start().await;
    store_many(&server, "many", 1_201).await;
    let odd = json!({ "in": { "a.b": ["x", null] }, "quote": "\"\\\n", "": 1.5 });
    store(&server, "todo", "odd \"name\"", &[("k/1", odd)]).await;
    store(&server, "shopping-list", "many", &[("1", json!({}))]).await;
    let exported = export_json(&server).await;
    let names = ["docIndex", "docs", "user"];
    assert_eq!(
        exported.as_object().unwrap().keys().collect::<Vec<_>>(),
        names
    );
    assert_eq!(exported["user"]["userId"], USER);
    for (application, collection) in [
        ("todo", "many"),
        ("todo", "odd \"name\""),
        ("shopping-list", "many"),
    ] {
        let pulled = server
            .post_sync(USER, application, &first_sync(collection))
            .await
            .body;
        let mut pulled = pulled["serverChanges"].as_array().unwrap().clone();
        pulled.sort_by_key(|document| document["_key"].to_string());
        assert_eq!(
            exported["docs"][application][collection],
            Value::Array(pulled)
        );
    }
    assert_eq!(exported["docs"].as_object().unwrap().len(), 2);
    let entries = exported["docIndex"].as_array().unwrap();
    assert_eq!(entries.len(), 1_203);
    let first = &entries[0];
    assert_eq!(
        [
            &first["docKey"],
            &first["userId"],
            &first["app"],
            &first["collection"]
        ],
        ["1", USER, "shopping-list", "many"]
    );
    assert_eq!(
        [&first["visibility"], &first["shareToken"]],
        [&json!("private"), &Value::Null]
    );
    server.finish().await;
}

#[tokio::test]
async fn what_is_empty_or_deleted_is_left_out() {
    let server = TestServer::start().await;
    let empty = json!({ "docs": {}, "docIndex": [] });
    let with_user = |mut expected: Value| {
        let user = json!({ "userId": USER, "name": null, "email": null, "providers": [] });
        expected["user"] = user;
        expected
    };
    assert_eq!(export_json(&server).await, with_user(empty.clone()));
    store(&server, "todo", "notes", &[("1", json!({ "a": 1 }))]).await;
    let pulled = server.sync(USER, first_sync("notes")).await;
    let mut gone = deletion("1", &stamp("phone", 1));
    gone["baseClock"] = pulled["serverClock"].clone();
    let body = json!({ "collection": "notes", "protocol": 2, "changes": [gone] });
    server.sync(USER, body).await;
    assert_eq!(export_json(&server).await, with_user(empty));
    server.finish().await;
}

#[tokio::test]
async fn lines_are_documents_that_say_where_they_belong() {
    let server = TestServer::start().await;
    store(
        &server,
        "todo",
        "notes",
        &[("1", json!({ "a": "\n" })), ("2", json!({}))],
    )
    .await;
    store(
        &server,
        "shopping-list",
        "items",
        &[("3", json!({ "b": 2 }))],
    )
    .await;
    let text = export(&server, "?format=ndjson").await;
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let places: Vec<_> = lines
        .iter()
        .map(|line| [&line["_app"], &line["_collection"], &line["_key"]])
        .collect();
    assert_eq!(
        places,
        [
            ["shopping-list", "items", "3"],
            ["todo", "notes", "1"],
            ["todo", "notes", "2"]
        ]
    );
    assert_eq!([&lines[0]["b"], &lines[1]["a"]], [&json!(2), &json!("\n")]);
    let part = export(&server, "?format=ndjson&application=todo&collection=notes").await;
    assert_eq!(part.lines().count(), 2);
    server.finish().await;
}

#[tokio::test]
async fn an_export_is_a_file_of_its_owner() {
    let server = TestServer::start().await;
    store(&server, "todo", "notes", &[("1", json!({ "a": 1 }))]).await;
    let stranger = get(&server, "sam", "/account/export").await;
    assert_eq!(stranger.body["docs"], json!({}));
    assert_eq!(
        stranger.headers[CONTENT_DISPOSITION],
        "attachment; filename=\"syncline-account.json\""
    );
    let nobody = server.request(Method::GET, "/account/export");
    refuses(
        &answer(nobody).await,
        StatusCode::UNAUTHORIZED,
        "unauthorized",
    );
    for query in [
        "format=xml",
        "format=csv&collection=notes",
        "application=a%2Fb",
    ] {
        let refused = get(&server, USER, &format!("/account/export?{query}")).await;
        refuses(&refused, StatusCode::BAD_REQUEST, "bad_request");
    }
    server.finish().await;
}
