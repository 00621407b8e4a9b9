//! A document a line: out, and back in, however much there is.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use serde_json::{Value, json};
use syncline_domain::hlc::UnixMillis;
use syncline_tests::{
    Answer, TestServer, first_sync,
    replica::now,
    server::{answer, token_at},
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{OTHER, USER, export, export_json, is, refuses, store, store_many};

const NDJSON: &str = "application/x-ndjson";

/// Imports lines with a user's token.
async fn import_with(server: &TestServer, token: &str, lines: impl Into<Vec<u8>>) -> Answer {
    let request = server
        .request(Method::POST, "/account/import")
        .bearer_auth(token)
        .header(CONTENT_TYPE, NDJSON)
        .body(lines.into());
    answer(request).await
}

async fn import(server: &TestServer, lines: &str) -> Value {
    let answer = import_with(server, &server.token(USER), lines).await;
    is(&answer, StatusCode::OK);
    answer.body
}

/// What the report says of documents: stored as they came, there already, merged, and entries.
fn counts(report: &Value) -> [u64; 4] {
    let counts = ["imported", "unchanged", "merged", "entries"];
    counts.map(|count| report[count].as_u64().unwrap())
}

async fn patch(server: &TestServer, key: &str, change: Value) {
    let request = server.request(Method::PATCH, &format!("/docIndex/todo/{key}"));
    let request = request.bearer_auth(server.token(USER)).json(&change);
    is(&answer(request).await, StatusCode::OK);
}

/// Documents of every visibility; the last has a link.
async fn live(server: &TestServer) {
    let request = server.request(Method::POST, "/orgs");
    let acme = request
        .bearer_auth(server.token(OTHER))
        .json(&json!({ "name": "Acme" }));
    let acme = answer(acme).await.body["orgId"].clone();
    let path = format!("/orgs/{}/members", acme.as_str().unwrap());
    let request = server.request(Method::POST, &path);
    let member = request.bearer_auth(server.token(OTHER));
    is(
        &answer(member.json(&json!({ "userId": USER }))).await,
        StatusCode::CREATED,
    );
    let keys = ["private", "hidden", "shared", "org", "public", "link"];
    let documents = keys.map(|key| (key, json!({ "key": key, "in": { "a.b": [1, null] } })));
    store(server, "todo", "notes", &documents).await;
    let with = json!([
        { "userId": OTHER, "access": "write" },
        { "userId": "mia", "access": "read" },
    ]);
    for key in ["hidden", "shared", "public"] {
        patch(server, key, json!({ "sharedWith": with })).await;
    }
    patch(server, "hidden", json!({ "visibility": "private" })).await;
    patch(server, "public", json!({ "visibility": "public" })).await;
    patch(server, "org", json!({ "visibility": "org", "orgId": acme })).await;
    let request = server.request(Method::POST, "/docIndex/todo/link/shareToken");
    let minted = answer(request.bearer_auth(server.token(USER))).await;
    is(&minted, StatusCode::CREATED);
}

/// Documents and entries without what the server gives them: revisions and instants, and links,
/// which are made anew.
fn comparable(exported: &Value) -> Value {
    let mut exported = exported.clone();
    for document in exported["docs"]["todo"]["notes"].as_array_mut().unwrap() {
        document.as_object_mut().unwrap().remove("_rev");
    }
    for entry in exported["docIndex"].as_array_mut().unwrap() {
        let members = entry.as_object_mut().unwrap();
        members.retain(|name, _| !["createdAt", "updatedAt", "shareToken"].contains(&&**name));
    }
    exported
}

#[tokio::test]
async fn documents_with_many_readers_are_on_several_pages() {
    let server = TestServer::start().await;
    let keys = ["1", "2", "3", "4"];
    store(&server, "todo", "notes", &keys.map(|key| (key, json!({})))).await;
    let with: Vec<_> = (0..1_000)
        .map(|number| json!({ "userId": format!("reader-{number}"), "access": "read" }))
        .collect();
    for key in ["1", "3", "4"] {
        patch(&server, key, json!({ "sharedWith": with })).await;
    }
    let lines = export(&server, "?format=ndjson").await;
    assert_eq!(lines.lines().count(), 4, "each once");
    assert_eq!(lines.matches("\"reader-999\"").count(), 3);
    let exported = export_json(&server).await;
    let entries = exported["docIndex"].as_array().unwrap();
    let readers = entries
        .iter()
        .map(|entry| entry["sharedWith"].as_array().unwrap().len());
    assert_eq!(readers.collect::<Vec<_>>(), [1_000, 0, 1_000, 1_000]);
    server.finish().await;
}

#[tokio::test]
async fn an_export_of_a_deleted_account_gives_back_documents_and_entries() {
    let server = TestServer::start().await;
    live(&server).await;
    let lines = export(&server, "?format=ndjson").await;
    assert_eq!(lines.matches("\"_docIndex\":").count(), 5, "{lines}");
    let exported = export_json(&server).await;
    let seen = server.sync(OTHER, first_sync("notes")).await["serverChanges"].clone();
    let request = server.request(Method::DELETE, "/account");
    let deleted = answer(request.bearer_auth(server.token(USER))).await;
    is(&deleted, StatusCode::NO_CONTENT);
    let refused = import_with(&server, &server.token(USER), lines.clone()).await;
    refuses(&refused, StatusCode::UNAUTHORIZED, "unauthorized");

    // The same person signs in again, and belongs to the organisation again.
    let token = token_at(USER, UnixMillis(now().0 + 1_000));
    let request = server.request(Method::GET, "/orgs");
    let own = answer(request.bearer_auth(server.token(OTHER))).await;
    let path = format!(
        "/orgs/{}/members",
        own.body["orgs"][0]["orgId"].as_str().unwrap()
    );
    let request = server.request(Method::POST, &path);
    let added = request.bearer_auth(server.token(OTHER));
    is(
        &answer(added.json(&json!({ "userId": USER }))).await,
        StatusCode::CREATED,
    );
    let expected = [[6, 0, 0, 4], [0, 6, 0, 0]];
    let mut after = Vec::new();
    for counted in expected {
        let report = import_with(&server, &token, lines.clone()).await;
        is(&report, StatusCode::OK);
        assert_eq!(counts(&report.body), counted, "{}", report.body);
        assert_eq!(
            [&report.body["conflicts"], &report.body["rejected"]],
            [&json!([]), &json!([])]
        );
        let request = server.request(Method::GET, "/account/export");
        let exported = answer(request.bearer_auth(&token)).await;
        after.push(exported.body);
    }
    assert_eq!(comparable(&after[0]), comparable(&exported));
    assert_eq!(after[1], after[0], "importing again changes nothing");
    let again = server.sync(OTHER, first_sync("notes")).await["serverChanges"].clone();
    assert_eq!(
        again.as_array().unwrap().len(),
        seen.as_array().unwrap().len()
    );
    server.finish().await;
}

#[tokio::test]
async fn many_lines_come_back_and_may_be_compressed() {
    let server = TestServer::start().await;
    store_many(&server, "many", 1_100).await;
    store_many(&server, "more", 30).await;
    let lines = export(&server, "?format=ndjson").await;
    let empty = TestServer::start().await;
    let report = import(&empty, &lines).await;
    assert_eq!(counts(&report), [1_130, 0, 0, 0], "{report}");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    // Twice in one file, and in another order.
    let mut backwards: Vec<_> = lines.lines().rev().collect();
    backwards.extend(lines.lines());
    packed.write_all(backwards.join("\n").as_bytes()).unwrap();
    let request = empty
        .request(Method::POST, "/account/import")
        .bearer_auth(empty.token(USER))
        .header(CONTENT_TYPE, format!("{NDJSON}; charset=utf-8"))
        .header(CONTENT_ENCODING, "gzip")
        .body(packed.finish().unwrap());
    let report = answer(request).await;
    assert_eq!(counts(&report.body), [0, 2_260, 0, 0], "{}", report.body);
    server.finish().await;
    empty.finish().await;
}

#[tokio::test]
async fn bad_lines_are_named_and_hold_up_nothing() {
    let more = "[limits]\nbodyBytes = 4000";
    let server = TestServer::with(syncline_tests::TestDatabase::create().await, more).await;
    let long = "x".repeat(5_000);
    let entry = |key: &str, visibility: &str| {
        json!({ "docKey": key, "app": "todo", "collection": "notes", "visibility": visibility,
            "sharedWith": [] })
    };
    let line = |members: Value| {
        let mut line = json!({ "_app": "todo", "_collection": "notes", "_fieldRevs": {} });
        let all = line.as_object_mut().unwrap();
        all.append(&mut members.as_object().unwrap().clone());
        line.to_string()
    };
    let lines = [
        line(json!({ "_key": "1", "a": 1 })),
        "{\"_app\":\"todo\"".to_owned(),
        String::new(),
        line(json!({ "_key": "2", "long": long })),
        line(json!({ "a": 1 })),
        line(json!({ "_app": "unknown", "_key": "1" })),
        line(json!({ "_collection": "tasks", "_key": "1", "done": "yes" })),
        line(json!({ "_collection": 7, "_key": "1" })),
        line(json!({ "_key": "3", "_docIndex": { "docKey": "3" } })),
        line(json!({ "_key": "4", "_docIndex": entry("1", "public") })),
        line(json!({ "_key": "5", "_docIndex": entry("5", "org") })),
        line(json!({ "_key": "6", "_docIndex": entry("6", "public") })),
    ];
    let report = import(&server, &lines.join("\n")).await;
    assert_eq!(counts(&report), [5, 0, 0, 1], "{report}");
    let rejected = report["rejected"].as_array().unwrap();
    let mut told: Vec<_> = rejected
        .iter()
        .map(|one| (one["line"].as_u64().unwrap(), one["code"].as_str().unwrap()))
        .collect();
    told.sort_unstable();
    let expected = [
        (2, "bad_request"),
        (4, "bad_request"),
        (5, "bad_request"),
        (6, "not_found"),
        (7, "schema_validation_failed"),
        (8, "bad_request"),
        (9, "bad_request"),
        (10, "bad_request"),
        (11, "bad_request"),
    ];
    assert_eq!(told, expected, "{report}");
    for one in rejected {
        let place = format!("line {}: ", one["line"]);
        let sentence = one["error"].as_str().unwrap();
        assert!(sentence.starts_with(&place), "{sentence}");
    }
    let nothing = import(&server, "").await;
    assert_eq!(counts(&nothing), [0, 0, 0, 0]);
    server.finish().await;
}

/// What came before the connection broke is stored, and the same file brings the rest.
#[tokio::test]
async fn an_import_that_breaks_off_is_finished_by_another() {
    let server = TestServer::start().await;
    store_many(&server, "many", 2_500).await;
    let lines = export(&server, "?format=ndjson").await;
    let empty = TestServer::start().await;
    let mut stream = TcpStream::connect(empty.address()).await.unwrap();
    let head = format!(
        "POST /account/import HTTP/1.1\r\nHost: syncline\r\nContent-Type: {NDJSON}\r\n\
         Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
        empty.token(USER),
        lines.len(),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let half = &lines.as_bytes()[..lines.len() / 2];
    stream.write_all(half).await.unwrap();
    let mut connection = empty.database.connect().await;
    let stored = async || -> i64 {
        let count = "SELECT count(*) FROM documents";
        sqlx::query_scalar(count)
            .fetch_one(&mut connection)
            .await
            .unwrap()
    };
    let mut stored = stored;
    while stored().await < 1_000 {
        tokio::task::yield_now().await;
    }
    drop(stream);
    assert_eq!(stored().await, 1_000, "a batch is a thousand");
    let report = import(&empty, &lines).await;
    assert_eq!(counts(&report), [1_500, 1_000, 0, 0], "{report}");
    server.finish().await;
    empty.finish().await;
}
