//! Small requests that are about much: what is read for them is bounded as well.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::Executor;
use syncline_tests::{
    Answer, TestDatabase, TestServer, first_sync,
    process::peak_memory,
    replica::{change, deletion, stamp},
};

use crate::trial::{MEBIBYTE, is_refusal};

const USER: &str = "ada";

/// What the memory of one request may add to that of the server.
const MOST_BYTES: u64 = 96 << 20;

/// Twice the greatest body is the most that is read for a request.
const SMALL_BODIES: &str = "[limits]\nbodyBytes = 20000";

async fn server_of_small_bodies() -> TestServer {
    TestServer::with(TestDatabase::create().await, SMALL_BODIES).await
}

/// Puts so many documents of the user, and as many superseded versions of the first of them, straight into
/// the database. Each has this many bytes, and version `n` the revision `n` at the path `f<n>`.
async fn fill(server: &TestServer, documents: usize, versions: usize, bytes: usize) {
    let mut connection = server.database.connect().await;
    let (repeated, revision) = (bytes / 32, "0010000000000-000000-server~1");
    let statement = format!(
        "INSERT INTO namespaces (kind, owner_id) VALUES ('personal', '{USER}');
        INSERT INTO documents (
            namespace_id, application, collection, key, version, revision, field_revisions,
            content, deleted, bytes, tx
        )
        SELECT
            namespace_id, 'todo', 'notes', number::text, {versions} + 1, '{revision}', '{{}}',
            jsonb_build_object('text', repeat(md5(number::text), {repeated})), false, {bytes}, '3'
        FROM namespaces, generate_series(1, {documents}) AS numbers (number);
        INSERT INTO document_versions (
            namespace_id, application, collection, key, version, revision, field_revisions,
            content, deleted, tx
        )
        SELECT
            namespace_id, 'todo', 'notes', '1', number,
            '0010000000000-' || lpad(number::text, 6, '0') || '-tablet~',
            json_build_object('f' || number, '0010000000000-' || lpad(number::text, 6, '0') || '-tablet'),
            jsonb_build_object('f' || number, 1, 'text', repeat(md5(number::text), {repeated})),
            false, '3'
        FROM namespaces, generate_series(1, {versions}) AS numbers (number)"
    );
    let statement = sqlx::AssertSqlSafe(statement);
    connection.execute(sqlx::raw_sql(statement)).await.unwrap();
}

async fn push(server: &TestServer, user: &str, changes: Vec<Value>) -> Answer {
    let body = json!({
        "collection": "notes", "changes": changes, "protocol": 2, "partial": true, "echo": false,
        "limit": 1,
    });
    server.post_sync(user, "todo", &body).await
}

fn deletions(keys: impl IntoIterator<Item = usize>) -> Vec<Value> {
    let deletion = |key: usize| deletion(&key.to_string(), &stamp("tablet", key));
    keys.into_iter().map(deletion).collect()
}

#[tokio::test]
async fn what_is_about_more_than_two_bodies_is_refused_whole_and_stored_one_by_one() {
    let server = server_of_small_bodies().await;
    fill(&server, 60, 0, 1_000).await;
    for keys in [1..=60, 1..=45] {
        let refused = push(&server, USER, deletions(keys)).await;
        is_refusal(
            &refused,
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload_too_large",
            "40000 bytes",
        );
    }
    let mut connection = server.database.connect().await;
    let count = "SELECT count(*) FROM documents WHERE NOT deleted";
    let count = sqlx::query_scalar::<_, i64>(count).fetch_one(&mut connection);
    assert_eq!(count.await.unwrap(), 60);
    for keys in [1..=1, 2..=40] {
        let stored = push(&server, USER, deletions(keys)).await;
        assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
    }
    server.finish().await;
}

#[tokio::test]
async fn a_document_of_any_size_is_stored_alone() {
    let server = server_of_small_bodies().await;
    fill(&server, 2, 0, 100_000).await;
    let stored = push(&server, USER, deletions(1..=1)).await;
    assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
    let changed = change("2", &json!({ "title": "short" }), &stamp("tablet", 2));
    let stored = push(&server, USER, vec![changed]).await;
    assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
    server.finish().await;
}

/// They share statements.
#[tokio::test]
async fn what_one_request_is_about_refuses_no_other() {
    let server = server_of_small_bodies().await;
    fill(&server, 45, 0, 1_000).await;
    let users: Vec<_> = (0..16).map(|number| format!("user-{number}")).collect();
    let documents = |sequence| {
        let text = "x".repeat(1_000);
        let document = move |key: usize| {
            let document = json!({ "text": text, "sequence": sequence });
            change(&key.to_string(), &document, &stamp("phone", sequence))
        };
        (1..=10).map(document).collect::<Vec<_>>()
    };
    for sequence in 1..4 {
        let pushes = users
            .iter()
            .map(|user| push(&server, user, documents(sequence)));
        let refused = push(&server, USER, deletions(1..=45));
        let (stored, refused) = tokio::join!(join_all(pushes), refused);
        for stored in stored {
            assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
        }
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    }
    server.finish().await;
}

#[tokio::test]
async fn a_request_about_much_takes_little_memory() {
    let server = TestServer::start().await;
    fill(&server, 200, 0, MEBIBYTE).await;
    let before = peak_memory(std::process::id()).unwrap();
    for count in [200, 50] {
        let refused = push(&server, USER, deletions(1..=count)).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    }
    is_little_more_than(before);
    server.finish().await;
}

/// What is too much of the past is as good as purged.
#[tokio::test]
async fn a_change_that_names_much_of_the_past_takes_little_memory() {
    let server = TestServer::start().await;
    let versions = 200;
    fill(&server, 1, versions, MEBIBYTE).await;
    let before = peak_memory(std::process::id()).unwrap();
    let mut changed = change("1", &json!({ "title": "new" }), &stamp("phone", 1));
    for number in 1..=versions {
        changed["after"][format!("f{number}")] = format!("0010000000000-{number:06}-tablet").into();
    }
    let stored = push(&server, USER, vec![changed]).await;
    assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
    assert_eq!(stored.body["rejected"], json!([]));
    is_little_more_than(before);
    server.finish().await;
}

/// Others wait while the revisions of the past are gone through.
#[tokio::test]
async fn a_past_with_too_many_revisions_is_as_good_as_purged() {
    for (revisions, conflicts) in [(10, 0), (1_000, 1)] {
        let server = server_of_small_bodies().await;
        let seen = push(&server, USER, vec![titled("old", "phone", 1)]).await;
        for number in 1..=10 {
            let mut edit = titled("old", "tablet", number);
            edit["fieldRevs"] = json!({ "number": stamp("tablet", number) });
            edit["doc"]["number"] = number.into();
            push(&server, USER, vec![edit]).await;
        }
        let mut connection = server.database.connect().await;
        let inflate = "UPDATE document_versions SET field_revisions = (
            SELECT json_object_agg(md5(random()::text), '0010000000000-000001-tablet')
            -- Each version has others.
            FROM generate_series(1, $1) WHERE version > 1
        ) WHERE version > 1";
        let inflate = sqlx::query(inflate)
            .bind(revisions)
            .execute(&mut connection);
        inflate.await.unwrap();
        let mut changed = titled("new", "phone", 2);
        changed["baseClock"] = seen.body["serverClock"].clone();
        let stored = push(&server, USER, vec![changed]).await;
        assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
        let told = stored.body["conflicts"].as_array().unwrap();
        assert_eq!(told.len(), conflicts, "{told:?}");
        server.finish().await;
    }
}

fn titled(title: &str, node: &str, number: usize) -> Value {
    change("1", &json!({ "title": title }), &stamp(node, number))
}

/// Those of the last pushes are told.
#[tokio::test]
async fn many_reports_take_little_memory() {
    let server = TestServer::start().await;
    let reports = 60;
    report(&server, reports, MEBIBYTE).await;
    let before = peak_memory(std::process::id()).unwrap();
    let mut body = json!({ "collection": "notes", "protocol": 2, "node": "phone" });
    let mut heard = Vec::new();
    for _ in 0..2 {
        let answer = server.sync(USER, body.clone()).await;
        let told = answer["conflicts"].as_array().unwrap();
        let numbers = told.iter().map(|told| told["number"].as_u64().unwrap());
        heard.push(numbers.collect::<Vec<_>>());
        body["clientClock"] = answer["serverClock"].clone();
    }
    assert_eq!(heard, [((reports - 3)..=reports).collect(), vec![]]);
    is_little_more_than(before);
    server.finish().await;
}

/// Puts so many reports for the user's phone straight into the database, each with about this many bytes and
/// of a transaction of its own.
async fn report(server: &TestServer, reports: u64, bytes: usize) {
    let mut connection = server.database.connect().await;
    let repeated = bytes / 32;
    let statement = format!(
        "INSERT INTO namespaces (kind, owner_id) VALUES ('personal', '{USER}');
        SET syncline.renewing = 'on';
        INSERT INTO document_pushes (
            namespace_id, application, collection, key, version, path, revision, node, report, tx
        )
        SELECT
            namespace_id, 'todo', 'notes', '1', 1, 'text', '0010000000000-000000-phone', 'phone',
            json_build_object('number', number, 'text', repeat(md5(number::text), {repeated})),
            (number + 2)::text::xid8
        FROM namespaces, generate_series(1, {reports}) AS numbers (number)"
    );
    let statement = sqlx::AssertSqlSafe(statement);
    connection.execute(sqlx::raw_sql(statement)).await.unwrap();
}

#[track_caller]
fn is_little_more_than(before: u64) {
    let more = peak_memory(std::process::id()).unwrap() - before;
    assert!(more < MOST_BYTES, "{more} bytes of memory");
    println!("{more} bytes of memory");
}

/// Else nobody could store an edit of it, and it would grow with every push.
#[tokio::test]
async fn a_merge_keeps_the_limits_of_a_document() {
    let small = "[limits]\ndocumentBytes = 8000";
    let server = TestServer::with(TestDatabase::create().await, small).await;
    let text = "x".repeat(5_000);
    for (node, wins) in [("tablet", true), ("phone", true), ("laptop", false)] {
        let revision = if wins {
            stamp(node, 1)
        } else {
            format!("0010000000000-000001-{node}")
        };
        let pushed = change("1", &json!({ node: text }), &revision);
        let stored = push(&server, USER, vec![pushed]).await;
        assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
        let reports = stored.body["conflicts"].as_array().unwrap().iter();
        let reported = reports.map(|report| (&report["field"], &report["reason"]));
        let (lost, schema) = (json!("tablet"), json!("schema"));
        if node == "phone" {
            assert!(reported.clone().any(|report| report == (&lost, &schema)));
        }
        assert_eq!(reported.count(), if node == "tablet" { 0 } else { 2 });
    }
    let pulled = server.sync(USER, first_sync("notes")).await;
    let fields = &pulled["serverChanges"][0];
    assert_eq!(
        (&fields["tablet"], &fields["phone"], &fields["laptop"]),
        (&Value::Null, &json!(text), &Value::Null)
    );
    let edited = json!({ "phone": text, "title": "edited" });
    let mut edited = change("1", &edited, &stamp("desk", 2));
    edited["baseClock"] = pulled["serverClock"].clone();
    let stored = push(&server, USER, vec![edited]).await;
    assert_eq!(stored.body["rejected"], json!([]), "{}", stored.body);
    server.finish().await;
}

/// As when the limit is lowered. A device that knows only some fields leaves the others as they are.
#[tokio::test]
async fn a_document_larger_than_the_limit_loses_nothing_to_an_edit_that_makes_it_no_larger() {
    let database = TestDatabase::create().await;
    let server = TestServer::with(database, "[limits]\ndocumentBytes = 8000").await;
    let text = "x".repeat(5_000);
    let large = change(
        "1",
        &json!({ "text": text, "done": "begun" }),
        &stamp("phone", 1),
    );
    let stored = push(&server, USER, vec![large]).await;
    assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
    let lower = "[limits]\ndocumentBytes = 1000";
    let server = TestServer::with(server.stop().await, lower).await;
    let known = change("1", &json!({ "done": "done" }), &stamp("tablet", 2));
    let stored = push(&server, USER, vec![known]).await;
    assert_eq!(stored.status, StatusCode::OK, "{}", stored.body);
    let pulled = server.sync(USER, first_sync("notes")).await;
    assert_eq!(pulled["serverChanges"][0]["text"], json!(text));
    server.finish().await;
}

/// Else a document whose fields get other names again and again would grow with each edit.
#[tokio::test]
async fn the_oldest_removals_of_a_document_are_forgotten() {
    let small = "[limits]\ndocumentBytes = 1000";
    let server = TestServer::with(TestDatabase::create().await, small).await;
    let mut answer = json!({ "serverClock": null });
    for number in 0..60 {
        let revision = stamp("phone", number + 1);
        let mut renamed = change("1", &json!({ format!("name-{number}"): 1 }), &revision);
        if number > 0 {
            renamed["baseClock"] = answer["serverClock"].clone();
            renamed["fieldRevs"][format!("name-{}", number - 1)] = revision.into();
        }
        let pushed = push(&server, USER, vec![renamed]).await;
        assert_eq!(pushed.status, StatusCode::OK, "{}", pushed.body);
        answer = pushed.body;
    }
    let pulled = server.sync(USER, first_sync("notes")).await;
    let document = &pulled["serverChanges"][0];
    let names = document["_fieldRevs"].as_object().unwrap();
    assert!(names.contains_key("name-59") && names.contains_key("name-58"));
    assert!(!names.contains_key("name-0"), "{document}");
    assert!((15..40).contains(&names.len()), "{document}");
    assert_eq!(document["name-58"], Value::Null);
    assert_eq!(document["name-59"], json!(1));
    server.finish().await;
}

#[tokio::test]
async fn more_revisions_than_a_document_has_fields_are_refused() {
    let more = "[limits]\ndocumentBytes = 8000";
    let server = TestServer::with(TestDatabase::create().await, more).await;
    let named = |count: usize| {
        let mut changed = change("1", &json!({ "title": "new" }), &stamp("phone", 1));
        for number in 1..count {
            let member = ["fieldRevs", "after"][number % 2];
            changed[member][format!("f{number}")] = stamp("phone", 0).into();
        }
        vec![changed]
    };
    let stored = push(&server, USER, named(2_000)).await;
    assert_eq!(stored.body["rejected"], json!([]), "{}", stored.body);
    let refused = push(&server, USER, named(2_001)).await;
    let rejected = &refused.body["rejected"][0];
    assert_eq!(rejected["code"], "bad_request", "{}", refused.body);
    let sentence = rejected["error"].as_str().unwrap();
    assert!(sentence.contains("changes[0].fieldRevs"), "{sentence}");
    assert!(sentence.contains("2000"), "{sentence}");
    server.finish().await;
}
