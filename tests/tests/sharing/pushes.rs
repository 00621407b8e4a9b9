use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Connection;
use syncline_tests::{TestDatabase, TestServer};

use crate::reader::{Reader, patch, send};

#[tokio::test]
async fn who_may_write_a_shared_document_merges_with_its_owner() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
    let change = ada.edit(
        None,
        "plan",
        &json!({ "title": "Plan", "notes": "one\ntwo\n" }),
    );
    ada.push(&[change]).await;
    let write = json!({ "sharedWith": [{ "userId": "bob", "access": "write" }] });
    patch(&server, "ada", "plan", write).await;
    bob.pull().await;
    ada.pull().await;
    // Both insert a line, and both change the title.
    let by_bob = json!({ "title": "Of Bob", "notes": "zero\none\ntwo\n" });
    let change = bob.edit(Some("ada"), "plan", &by_bob);
    let answer = bob.push(&[change]).await;
    assert_eq!(answer["conflicts"], json!([]));
    let by_ada = json!({ "title": "Of Ada", "notes": "one\ntwo\nthree\n" });
    let change = ada.edit(None, "plan", &by_ada);
    let answer = ada.push(&[change]).await;
    let fields: Vec<_> = answer["conflicts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|conflict| conflict["field"].clone())
        .collect();
    assert_eq!(fields, ["notes", "title"]);
    bob.pull().await;
    let merged = json!({
        "title": "Of Ada", "notes": "zero\none\ntwo\nthree\n", "_access": "write",
    });
    assert_eq!(bob.of("ada", "plan"), Some(&merged));
    server.finish().await;
}

/// What a device stored itself does not come back with the next answer, whosever it is.
#[tokio::test]
async fn what_was_pushed_is_not_sent_back() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
    let changes = ["lent", "public"].map(|key| ada.edit(None, key, &json!({ "title": key })));
    ada.push(&changes).await;
    let write = json!({ "sharedWith": [{ "userId": "bob", "access": "write" }] });
    patch(&server, "ada", "lent", write).await;
    patch(&server, "ada", "public", json!({ "visibility": "public" })).await;
    ada.pull().await;
    bob.pull().await;
    let title = json!({ "title": "changed" });
    for (device, owner, key) in [(&mut bob, Some("ada"), "lent"), (&mut ada, None, "public")] {
        // There is nothing else to tell it of.
        device.pull().await;
        let change = device.edit(owner, key, &title);
        let mut body = device.body(&[change]);
        body["echo"] = false.into();
        let pushed = server.sync(device.user, body.clone()).await;
        assert_eq!(
            pushed["accepted"].as_array().map(Vec::len),
            Some(1),
            "{pushed}"
        );
        body["changes"] = json!([]);
        body["clientClock"] = pushed["serverClock"].clone();
        let pulled = server.sync(device.user, body).await;
        for answer in [pushed, pulled] {
            let changes = answer["serverChanges"].as_array().expect("a list");
            let is_told = changes.iter().any(|change| change["_key"] == key);
            assert!(!is_told, "{answer}");
        }
    }
    server.finish().await;
}

#[tokio::test]
async fn who_may_not_write_is_refused_and_nothing_is_stored() {
    let server = TestServer::start().await;
    let mut ada = Reader::new(&server, "ada");
    let changes = ["hidden", "read"].map(|key| ada.edit(None, key, &json!({ "title": key })));
    ada.push(&changes).await;
    patch(&server, "ada", "read", json!({ "visibility": "public" })).await;
    let mut bob = Reader::new(&server, "bob");
    bob.pull().await;
    for (key, status, code) in [
        ("hidden", StatusCode::NOT_FOUND, "not_found"),
        ("none", StatusCode::NOT_FOUND, "not_found"),
        ("read", StatusCode::FORBIDDEN, "forbidden"),
    ] {
        let own = bob.edit(None, "own", &json!({ "title": "own" }));
        let change = bob.edit(Some("ada"), key, &json!({ "title": "Of Bob" }));
        let refused = bob.try_push(&[own, change]).await;
        assert_eq!(refused.status, status, "{}", refused.body);
        assert_eq!(refused.body["code"], code);
    }
    bob.pull().await;
    assert_eq!(bob.documents.len(), 1, "{:?}", bob.documents);
    ada.pull().await;
    assert_eq!(ada.documents.len(), 2);
    server.finish().await;
}

/// Neither by an answer nor by waiting: it is not touched.
#[tokio::test]
async fn a_push_to_what_its_writer_may_not_see_waits_for_nothing() {
    let server = TestServer::start().await;
    let mut ada = Reader::new(&server, "ada");
    let change = ada.edit(None, "diary", &json!({ "title": "Diary" }));
    ada.push(&[change]).await;
    let mut connection = server.database.connect().await;
    let mut holder = connection.begin().await.unwrap();
    let hold = sqlx::query("SELECT FROM documents FOR UPDATE");
    hold.execute(&mut *holder).await.unwrap();
    let mut bob = Reader::new(&server, "bob");
    let change = bob.edit(Some("ada"), "diary", &json!({ "title": "Of Bob" }));
    let refused = bob.try_push(&[change]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.body);
    holder.rollback().await.unwrap();
    server.finish().await;
}

/// A rejection tells whose document it means: another one may have the same key.
#[tokio::test]
async fn what_is_rejected_of_another_is_named_with_its_owner() {
    let server = TestServer::start().await;
    let ahead = "00ffffffffff0-000000-phone";
    let change = |owner: Option<&str>, members: Value| {
        let mut change = json!({ "key": "plan", "doc": { "title": "New" } });
        change["fieldRevs"] = json!({ "title": "0190000000000-000000-phone" });
        let named = owner.map(|owner| json!({ "owner": owner })).into_iter();
        for part in named.chain([members]) {
            for (name, value) in part.as_object().expect("an object") {
                change[name] = value.clone();
            }
        }
        change
    };
    for members in [
        json!({ "fieldRevs": { "title": ahead } }),
        json!({ "doc": { "_hidden": 1 } }),
        json!({ "doc": "none" }),
    ] {
        let changes = [change(None, members.clone()), change(Some("ada"), members)];
        let body = json!({
            "collection": "notes", "protocol": 2, "partial": true, "changes": changes,
        });
        let answer = server.sync("bob", body).await;
        let rejected = &answer["rejected"];
        assert_eq!(rejected[0]["key"], "plan", "{rejected}");
        assert_eq!(rejected[0]["owner"], Value::Null, "{rejected}");
        assert_eq!(rejected[1]["key"], "plan", "{rejected}");
        assert_eq!(rejected[1]["owner"], "ada", "{rejected}");
    }
    server.finish().await;
}

#[tokio::test]
async fn with_partial_the_other_changes_are_stored() {
    let server = TestServer::start().await;
    let mut ada = Reader::new(&server, "ada");
    let change = ada.edit(None, "hidden", &json!({ "title": "hidden" }));
    ada.push(&[change]).await;
    let bob = Reader::new(&server, "bob");
    let changes = [
        bob.edit(Some("ada"), "hidden", &json!({ "title": "Of Bob" })),
        bob.edit(None, "own", &json!({ "title": "own" })),
    ];
    let body = json!({
        "collection": "notes", "protocol": 2, "partial": true, "echo": false, "changes": changes,
    });
    let answer = server.sync("bob", body).await;
    assert_eq!(answer["accepted"][0]["key"], "own");
    let rejected = &answer["rejected"][0];
    assert_eq!(rejected["key"], "hidden");
    assert_eq!(rejected["owner"], "ada");
    assert_eq!(rejected["code"], "not_found");
    server.finish().await;
}

#[tokio::test]
async fn a_report_that_was_lost_with_its_answer_is_heard_again() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (Reader::new(&server, "ada"), Reader::new(&server, "bob"));
    let change = ada.edit(None, "plan", &json!({ "title": "Plan" }));
    ada.push(&[change]).await;
    let write = json!({ "sharedWith": [{ "userId": "bob", "access": "write" }] });
    patch(&server, "ada", "plan", write).await;
    bob.pull().await;
    let mut lost = bob.edit(Some("ada"), "plan", &json!({ "title": "Of Bob" }));
    // So old that nothing of it is stored but the report.
    lost["fieldRevs"]["title"] = "0000000000001-000000-bob".into();
    let change = ada.edit(None, "plan", &json!({ "title": "Of Ada" }));
    ada.push(&[change]).await;
    let answer = bob.try_push(&[lost]).await;
    assert_eq!(
        answer.body["conflicts"][0]["owner"], "ada",
        "{}",
        answer.body
    );
    // The answer is not taken in, so the next one says it again, to Bob alone.
    let heard = bob.hear().await;
    assert_eq!(heard["conflicts"][0]["field"], "title");
    assert_eq!(heard["conflicts"][0]["reason"], "repeated");
    assert_eq!(bob.hear().await["conflicts"], json!([]), "it has heard");
    let of_ada = ada.as_device_named("bob").await;
    assert_eq!(of_ada["conflicts"], json!([]));
    server.finish().await;
}

/// What a document may be is up to its owner's collection, whoever writes it.
#[tokio::test]
async fn a_shared_document_keeps_its_schema_and_its_limits() {
    let more = "[limits]\ndocumentBytes = 2000";
    let server = TestServer::with(TestDatabase::create().await, more).await;
    let task = |doc: Value| json!([{ "key": "1", "doc": doc, "fieldRevs": {} }]);
    let push = async |user: &str, changes: Value| {
        let body = json!({ "collection": "tasks", "protocol": 2, "changes": changes });
        server.post_sync(user, "todo", &body).await
    };
    let stored = push("ada", task(json!({ "title": "Task" }))).await;
    assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
    let write = json!({ "sharedWith": [{ "userId": "bob", "access": "write" }] });
    let path = "/docIndex/todo/1";
    let entry = send(&server, "ada", Method::PATCH, path, &write).await;
    assert_eq!(entry.status, StatusCode::OK, "{}", entry.body);
    for (doc, code) in [
        (json!({ "done": true }), "schema_validation_failed"),
        (json!({ "title": 7 }), "schema_validation_failed"),
        (json!({ "title": "x".repeat(2_000) }), "bad_request"),
    ] {
        let mut changes = task(doc);
        changes[0]["owner"] = "ada".into();
        let refused = push("bob", changes).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.body);
        assert_eq!(refused.body["code"], code);
    }
    let path = "/todo/collections/tasks/documents/1";
    let read = send(&server, "ada", Method::GET, path, &Value::Null).await;
    assert_eq!(read.body["document"]["title"], "Task");
    server.finish().await;
}
