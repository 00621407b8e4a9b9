use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    TestDatabase, TestServer, first_sync, pull_from,
    replica::{change, deletion, stamp},
    server::answer,
};

use crate::support::{OTHER, USER, export_json, is, post, refuses, store, store_many};

async fn import(server: &TestServer, user: &str, body: &Value) -> Value {
    let answer = post(server, user, "/account/import", body).await;
    is(&answer, StatusCode::OK);
    answer.body
}

/// The exported documents without the revisions that the server gives them.
fn documents(exported: &Value) -> Value {
    let mut docs = exported["docs"].clone();
    for collections in docs.as_object_mut().unwrap().values_mut() {
        for documents in collections.as_object_mut().unwrap().values_mut() {
            for document in documents.as_array_mut().unwrap() {
                let members = document.as_object_mut().unwrap();
                members.remove("_rev");
                // Where nobody ever had the field, its removal is no edit.
                members["_fieldRevs"]
                    .as_object_mut()
                    .unwrap()
                    .remove("gone");
            }
        }
    }
    docs
}

fn counts(report: &Value) -> [u64; 3] {
    ["imported", "unchanged", "merged"].map(|count| report[count].as_u64().unwrap())
}

#[tokio::test]
async fn an_export_gives_back_equal_documents_once() {
    let server = TestServer::start().await;
    store_many(&server, "many", 1_100).await;
    let odd = json!({ "in": { "a.b": ["x", null] }, "quote": "\"\\\n", "n": -1.5e-300 });
    store(
        &server,
        "shopping-list",
        "items",
        &[("k/1", odd), ("2", json!({}))],
    )
    .await;
    // Not all its paths were edited at once, and one is gone.
    let first = json!({ "title": "a", "gone": 1 });
    store(&server, "todo", "tasks", &[("1", first)]).await;
    let pulled = server.sync(USER, first_sync("tasks")).await;
    let mut edit = change("1", &json!({ "title": "b" }), &stamp("tablet", 0));
    edit["fieldRevs"]["gone"] = stamp("tablet", 0).into();
    edit["baseClock"] = pulled["serverClock"].clone();
    server
        .sync(USER, json!({ "collection": "tasks", "changes": [edit] }))
        .await;

    let exported = export_json(&server).await;
    let empty = TestServer::start().await;
    let report = import(&empty, USER, &exported).await;
    assert_eq!(counts(&report), [1_103, 0, 0], "{report}");
    assert_eq!(
        [&report["conflicts"], &report["rejected"]],
        [&json!([]), &json!([])]
    );
    let imported = export_json(&empty).await;
    assert_eq!(documents(&imported), documents(&exported));

    let before = empty.sync(USER, first_sync("many")).await;
    let report = import(&empty, USER, &exported).await;
    assert_eq!(counts(&report), [0, 1_103, 0], "{report}");
    assert_eq!(export_json(&empty).await, imported);
    let after = empty.sync(USER, pull_from("many", &before)).await;
    assert_eq!(after["serverChanges"], json!([]));
    server.finish().await;
    empty.finish().await;
}

#[tokio::test]
async fn an_import_merges_field_by_field() {
    let server = TestServer::start().await;
    store(
        &server,
        "todo",
        "notes",
        &[("1", json!({ "a": 1, "b": 1 })), ("2", json!({ "a": 1 }))],
    )
    .await;
    let exported = export_json(&server).await;
    let pulled = server.sync(USER, first_sync("notes")).await;
    let mut edit = change("1", &json!({ "a": 2, "b": 1 }), &stamp("tablet", 0));
    edit["fieldRevs"] = json!({ "a": stamp("tablet", 0) });
    let mut gone = deletion("2", &stamp("tablet", 1));
    for change in [&mut edit, &mut gone] {
        change["baseClock"] = pulled["serverClock"].clone();
    }
    let body = json!({ "collection": "notes", "protocol": 2, "changes": [edit, gone] });
    server.sync(USER, body).await;
    for _ in 0..2 {
        import(&server, USER, &exported).await;
        let docs = export_json(&server).await["docs"].clone();
        let notes = docs["todo"]["notes"].as_array().unwrap().clone();
        assert_eq!(notes.len(), 1, "the deletion is later: {docs}");
        assert_eq!(
            [&notes[0]["a"], &notes[0]["b"]],
            [2, 1],
            "the later edit wins"
        );
    }
    server.finish().await;
}

/// The exported entries by key, without instants and links, which are made anew.
fn entries(exported: &Value) -> Vec<Value> {
    let entry = |entry: &Value| {
        let mut entry = entry.clone();
        let members = entry.as_object_mut().unwrap();
        for name in ["createdAt", "updatedAt", "shareToken"] {
            members.remove(name);
        }
        entry
    };
    exported["docIndex"]
        .as_array()
        .unwrap()
        .iter()
        .map(entry)
        .collect()
}

#[tokio::test]
async fn access_entries_come_back_where_nobody_said_otherwise() {
    let server = TestServer::start().await;
    let keys = ["private", "public", "shared"];
    let documents = keys.map(|key| (key, json!({ "a": 1 })));
    store(&server, "todo", "notes", &documents).await;
    let patch = async |server: &TestServer, key: &str, change: Value| {
        let request = server.request(Method::PATCH, &format!("/docIndex/todo/{key}"));
        let request = request.bearer_auth(server.token(USER)).json(&change);
        is(&answer(request).await, StatusCode::OK);
    };
    let with = json!([{ "userId": OTHER, "app": "todo", "access": "write" }]);
    patch(
        &server,
        "shared",
        json!({ "visibility": "shared", "sharedWith": with }),
    )
    .await;
    patch(&server, "public", json!({ "visibility": "public" })).await;
    let exported = export_json(&server).await;

    let empty = TestServer::start().await;
    let report = import(&empty, USER, &exported).await;
    assert_eq!(report["entries"], 2, "{report}");
    assert_eq!(entries(&export_json(&empty).await), entries(&exported));
    let visible = empty.sync(OTHER, first_sync("notes")).await;
    assert_eq!(
        visible["serverChanges"].as_array().unwrap().len(),
        2,
        "{visible}"
    );

    patch(&empty, "public", json!({ "visibility": "private" })).await;
    let before = entries(&export_json(&empty).await);
    let report = import(&empty, USER, &exported).await;
    assert_eq!(
        [&report["entries"], &report["rejected"]],
        [&json!(0), &json!([])]
    );
    assert_eq!(entries(&export_json(&empty).await), before);
    server.finish().await;
    empty.finish().await;
}

#[tokio::test]
async fn an_entry_that_cannot_be_is_named() {
    let server = TestServer::start().await;
    let entry = |key: &str, visibility: &str| {
        json!({ "docKey": key, "app": "todo", "collection": "notes", "visibility": visibility,
            "orgId": "0b5c7f6e", "sharedWith": [] })
    };
    let body = json!({
        "docs": { "todo": { "notes": [{ "_key": "1" }] } },
        "docIndex": [entry("1", "org"), entry("2", "public")],
    });
    let report = import(&server, USER, &body).await;
    let rejected = report["rejected"].as_array().unwrap();
    let told: Vec<_> = rejected
        .iter()
        .map(|one| [&one["key"], &one["code"]])
        .collect();
    assert_eq!(told, [["1", "bad_request"], ["2", "not_found"]], "{report}");
    server.finish().await;
}

#[tokio::test]
async fn an_import_goes_to_whoever_imports() {
    let server = TestServer::start().await;
    store(&server, "todo", "notes", &[("1", json!({ "a": 1 }))]).await;
    let exported = export_json(&server).await;
    let report = import(&server, OTHER, &exported).await;
    assert_eq!(counts(&report), [1, 0, 0]);
    let pulled = server.sync(OTHER, first_sync("notes")).await;
    assert_eq!(pulled["serverChanges"][0]["a"], 1);
    server.finish().await;
}

#[tokio::test]
async fn what_cannot_be_stored_is_named_and_holds_up_nothing() {
    let server = TestServer::start().await;
    let body = json!({ "docs": {
        "todo": {
            "tasks": [{ "_key": "1", "_fieldRevs": {}, "done": "yes" }],
            "notes": [{ "_key": "1" }, { "a": 1 }, 7, { "_key": "2", "a": 1 }],
        },
        "unknown": { "notes": [{ "_key": "1" }] },
    }});
    let report = import(&server, USER, &body).await;
    assert_eq!(counts(&report), [2, 0, 0], "{report}");
    let rejected = report["rejected"].as_array().unwrap();
    let told: Vec<_> = rejected
        .iter()
        .map(|one| [&one["app"], &one["collection"], &one["code"]])
        .collect();
    let expected = [
        ["todo", "notes", "bad_request"],
        ["todo", "notes", "bad_request"],
        ["todo", "tasks", "schema_validation_failed"],
        ["unknown", "notes", "not_found"],
    ];
    assert_eq!(told, expected, "{report}");
    assert_eq!(
        rejected[0]["error"],
        "docs.todo.notes[1].key: it is missing"
    );
    assert!(
        rejected[3]["error"]
            .as_str()
            .unwrap()
            .starts_with("docs.unknown.notes: "),
        "{report}"
    );
    server.finish().await;
}

/// A push of all of them would have the server read too much.
#[tokio::test]
async fn small_documents_take_the_place_of_large_ones() {
    let more = "[limits]\nbodyBytes = 20000";
    let server = TestServer::with(TestDatabase::create().await, more).await;
    let keys: Vec<_> = (0..60).map(|number| number.to_string()).collect();
    for keys in keys.chunks(10) {
        let large = json!({ "text": "x".repeat(1_000) });
        let documents: Vec<_> = keys.iter().map(|key| (&**key, large.clone())).collect();
        store(&server, "todo", "notes", &documents).await;
    }
    let small = |key: &String| json!({ "_key": key, "_fieldRevs": { "text": stamp("tablet", 1) }, "text": "small" });
    let small: Vec<_> = keys.iter().map(small).collect();
    let report = import(
        &server,
        USER,
        &json!({ "docs": { "todo": { "notes": small } } }),
    )
    .await;
    assert_eq!(counts(&report), [60, 0, 0], "{report}");
    server.finish().await;
}

#[tokio::test]
async fn what_is_no_export_or_too_large_is_refused() {
    let more = "[limits]\nbodyBytes = 4000";
    let server = TestServer::with(syncline_tests::TestDatabase::create().await, more).await;
    for body in [
        json!({}),
        json!({ "docs": [] }),
        json!({ "docs": { "todo": [] } }),
    ] {
        let refused = post(&server, USER, "/account/import", &body).await;
        refuses(&refused, StatusCode::BAD_REQUEST, "bad_request");
    }
    let large =
        json!({ "docs": { "todo": { "notes": [{ "_key": "1", "a": "x".repeat(4_000) }] } } });
    let refused = post(&server, USER, "/account/import", &large).await;
    refuses(&refused, StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
    server.finish().await;
}
