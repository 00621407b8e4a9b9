//! Both sides changed a field.

use serde_json::{Value, json};
use syncline_tests::{TestDatabase, TestServer};

use crate::device::{Device, clock, fields, report};

/// A document that both devices have seen.
async fn shared<'s>(
    server: &'s TestServer,
    collection: &'static str,
    doc: Value,
) -> (Device<'s>, Device<'s>) {
    let mut phone = Device::new(server, "phone", collection);
    phone.edit("1", doc, 1).await;
    let laptop = phone.synced("laptop").await;
    (phone, laptop)
}

#[tokio::test]
async fn the_higher_clock_wins_and_the_loser_is_reported() {
    for (laptop_seconds, phone_seconds, winner) in [(20, 10, "remote"), (10, 20, "local")] {
        let server = TestServer::start().await;
        let (mut phone, mut laptop) = shared(&server, "notes", json!({ "n": 1, "x": 1 })).await;
        laptop
            .edit("1", json!({ "n": 2, "x": 1 }), laptop_seconds)
            .await;
        let answer = phone
            .edit("1", json!({ "n": 3, "x": 1 }), phone_seconds)
            .await;
        let local = (&*clock(phone_seconds, "phone"), json!(3));
        let remote = (&*clock(laptop_seconds, "laptop"), json!(2));
        assert_eq!(
            answer["conflicts"],
            json!([report("n", local, remote, winner)])
        );
        let expected = if winner == "local" { 3 } else { 2 };
        assert_eq!(
            phone.only_document().await,
            json!({ "n": expected, "x": 1 })
        );
        assert_eq!(
            fields(&answer["serverChanges"][0]),
            json!({ "n": expected, "x": 1 })
        );
        server.finish().await;
    }
}

#[tokio::test]
async fn with_equal_clocks_the_device_wins() {
    let server = TestServer::start().await;
    let (mut phone, mut laptop) = shared(&server, "notes", json!({ "n": 1 })).await;
    laptop.node = "twin";
    phone.node = "twin";
    laptop.edit("1", json!({ "n": 2 }), 10).await;
    let answer = phone.edit("1", json!({ "n": 3 }), 10).await;
    let revision = clock(10, "twin");
    let expected = report("n", (&revision, json!(3)), (&revision, json!(2)), "local");
    assert_eq!(answer["conflicts"], json!([expected]));
    assert_eq!(phone.only_document().await, json!({ "n": 3 }));
    server.finish().await;
}

#[tokio::test]
async fn other_fields_and_equal_values_do_not_conflict() {
    let server = TestServer::start().await;
    let start = json!({ "a": 1, "b": { "c": 1, "d": 1 }, "same": 1 });
    let (mut phone, mut laptop) = shared(&server, "notes", start).await;
    laptop
        .edit(
            "1",
            json!({ "a": 2, "b": { "c": 1, "d": 1 }, "same": 2.0 }),
            10,
        )
        .await;
    let answer = phone
        .edit(
            "1",
            json!({ "a": 1, "b": { "c": 2, "d": 1 }, "same": 2 }),
            5,
        )
        .await;
    assert_eq!(answer["conflicts"], json!([]));
    let merged = json!({ "a": 2, "b": { "c": 2, "d": 1 }, "same": 2.0 });
    assert_eq!(phone.only_document().await, merged);
    server.finish().await;
}

#[tokio::test]
async fn texts_are_merged_line_by_line() {
    for (ancestor, laptop_text, phone_text, merged) in [
        ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n"),
        ("a\n", "a\nlaptop\n", "a\nphone\n", "a\nphone\nlaptop\n"),
        ("", "- laptop", "- phone", "- phone\n- laptop"),
    ] {
        let server = TestServer::start().await;
        let (mut phone, mut laptop) = shared(&server, "notes", json!({ "text": ancestor })).await;
        laptop.edit("1", json!({ "text": laptop_text }), 20).await;
        let answer = phone.edit("1", json!({ "text": phone_text }), 10).await;
        let (local, remote) = (clock(10, "phone"), clock(20, "laptop"));
        assert_eq!(
            answer["conflicts"],
            json!([{
                "key": "1", "field": "text", "localRev": local, "remoteRev": remote,
                "localValue": phone_text, "remoteValue": laptop_text,
                "winner": "auto-merged", "winnerValue": merged, "mergeStrategy": "text-auto-merged",
            }])
        );
        let document = &answer["serverChanges"][0];
        assert_eq!(document["text"], merged);
        // A merged text is nobody's: it has a revision of the server.
        assert_eq!(document["_fieldRevs"]["text"], document["_rev"]);
        server.finish().await;
    }
}

#[tokio::test]
async fn lines_that_both_changed_are_not_merged() {
    let server = TestServer::start().await;
    let (mut phone, mut laptop) = shared(&server, "notes", json!({ "text": "a\nb\n" })).await;
    laptop.edit("1", json!({ "text": "a\nlaptop\n" }), 20).await;
    let answer = phone.edit("1", json!({ "text": "a\nphone\n" }), 10).await;
    let (local, remote) = (clock(10, "phone"), clock(20, "laptop"));
    let local = (&*local, json!("a\nphone\n"));
    let remote = (&*remote, json!("a\nlaptop\n"));
    assert_eq!(
        answer["conflicts"],
        json!([report("text", local, remote, "remote")])
    );
    server.finish().await;
}

#[tokio::test]
async fn the_schema_says_which_texts_are_no_prose() {
    let server = TestServer::start().await;
    let task = |text: &str| json!({ "title": "Milk", "notes": text, "code": text });
    let (mut phone, mut laptop) = shared(&server, "tasks", task("a\nb\nc\n")).await;
    laptop.edit("1", task("A\nb\nc\n"), 20).await;
    let answer = phone.edit("1", task("a\nb\nC\n"), 10).await;
    let reports = answer["conflicts"].as_array().unwrap();
    let outcomes: Vec<_> = reports
        .iter()
        .map(|it| (&it["field"], &it["winner"]))
        .collect();
    let expected = [
        (json!("code"), json!("remote")),
        (json!("notes"), json!("auto-merged")),
    ];
    assert_eq!(
        outcomes,
        expected
            .iter()
            .map(|(field, it)| (field, it))
            .collect::<Vec<_>>()
    );
    let merged = json!({ "title": "Milk", "notes": "A\nb\nC\n", "code": "A\nb\nc\n" });
    assert_eq!(phone.only_document().await, merged);
    server.finish().await;
}

#[tokio::test]
async fn one_side_wins_whole_where_a_merge_would_break_the_schema() {
    let schema = "[applications.planner.collections.days.schema]\nmaxProperties = 2";
    for (laptop_seconds, phone_seconds, winner) in [(20, 10, "remote"), (10, 20, "local")] {
        let server = TestServer::with(TestDatabase::create().await, schema).await;
        let mut phone = Device::new(&server, "phone", "days");
        phone.application = "planner";
        phone.edit("1", json!({ "a": 1 }), 1).await;
        let mut laptop = phone.synced("laptop").await;
        laptop
            .edit("1", json!({ "a": 1, "laptop": 2 }), laptop_seconds)
            .await;
        let answer = phone
            .edit("1", json!({ "a": 1, "phone": 3 }), phone_seconds)
            .await;
        let reports = answer["conflicts"].as_array().unwrap();
        let paths: Vec<_> = reports
            .iter()
            .map(|report| report["field"].as_str())
            .collect();
        assert_eq!(paths, [Some("laptop"), Some("phone")]);
        for report in reports {
            assert_eq!(
                (&report["reason"], &report["winner"]),
                (&json!("schema"), &json!(winner))
            );
        }
        let expected = if winner == "local" {
            json!({ "a": 1, "phone": 3 })
        } else {
            json!({ "a": 1, "laptop": 2 })
        };
        assert_eq!(phone.only_document().await, expected);
        server.finish().await;
    }
}

#[tokio::test]
async fn a_value_in_place_of_an_object_conflicts_with_edits_inside_it() {
    let object = |street: &str| json!({ "address": { "street": street, "city": "Ulm" }, "x": 1 });
    let (value, edited) = (json!({ "address": "none", "x": 1 }), object("New"));
    for (laptop_doc, phone_doc) in [(&value, &edited), (&edited, &value)] {
        for (laptop_seconds, phone_seconds, winner) in [(20, 10, "remote"), (10, 20, "local")] {
            let server = TestServer::start().await;
            let (mut phone, mut laptop) = shared(&server, "notes", object("Old")).await;
            replace(&mut laptop, laptop_doc, laptop_seconds).await;
            let answer = replace(&mut phone, phone_doc, phone_seconds).await;
            let (local, remote) = (
                clock(phone_seconds, "phone"),
                clock(laptop_seconds, "laptop"),
            );
            let local = (&*local, phone_doc["address"].clone());
            let remote = (&*remote, laptop_doc["address"].clone());
            assert_eq!(
                answer["conflicts"],
                json!([report("address", local, remote, winner)])
            );
            let expected = if winner == "local" {
                phone_doc
            } else {
                laptop_doc
            };
            assert_eq!(phone.only_document().await, *expected);
            server.finish().await;
        }
    }
}

/// Pushes a document that names a revision for what it changed alone: a street, or the address.
async fn replace(device: &mut Device<'_>, doc: &Value, seconds: u64) -> Value {
    let revision = clock(seconds, device.node);
    let path = if doc["address"].is_object() {
        "address.street"
    } else {
        "address"
    };
    device
        .push(&[json!({ "key": "1", "doc": doc, "fieldRevs": { path: revision } })])
        .await
}
