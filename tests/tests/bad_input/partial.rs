//! Requests of which the valid changes are stored.

use serde_json::{Value, json};
use syncline_tests::replica::{change, now, stamp};

use crate::trial::{Trial, next_year, with};

#[tokio::test]
async fn of_a_partial_request_the_valid_changes_are_stored() {
    let trial = Trial::begin().await;
    let revision = stamp("phone", 0);
    let task = |key: &str, doc: Value| change(key, &doc, &revision);
    let mut of_bob = task("of bob", json!({ "title": "x" }));
    of_bob["owner"] = "bob".into();
    let body = json!({
        "collection": "tasks", "protocol": 2, "partial": true, "changes": [
            task("first", json!({ "title": "Milk" })),
            task("reserved", json!({ "title": "x", "_id": 1, "_rev": 2 })),
            task("first", json!({ "title": "again" })),
            task("untitled", json!({ "done": "yes" })),
            change("ahead", &json!({ "title": "x" }), &next_year()),
            of_bob,
            json!({ "doc": { "title": "x" } }),
            task("last", json!({ "title": "Bread" })),
        ],
    });
    let answer = trial.server.sync("ada", body).await;
    let stored: Vec<_> = answer["serverChanges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|doc| &doc["_key"])
        .collect();
    assert_eq!(stored, ["first", "last"]);
    assert_eq!(answer["serverChanges"][0]["title"], "Milk");
    let rejected = answer["rejected"].as_array().unwrap();
    let kinds: Vec<_> = rejected
        .iter()
        .map(|it| (&it["key"], &it["code"]))
        .collect();
    let null = Value::Null;
    let expected = [
        (json!("reserved"), json!("bad_request")),
        (json!("first"), json!("bad_request")),
        (json!("untitled"), json!("schema_validation_failed")),
        (json!("ahead"), json!("clock_skew")),
        (null, json!("bad_request")),
        // What takes a look into the database comes last.
        (json!("of bob"), json!("not_found")),
    ];
    assert_eq!(
        kinds,
        expected
            .iter()
            .map(|(key, code)| (key, code))
            .collect::<Vec<_>>()
    );
    let fields = |rejection: &Value| -> Vec<String> {
        let details = rejection["details"].as_array().unwrap().iter();
        let mut fields: Vec<_> = details
            .map(|detail| detail["field"].as_str().unwrap().to_owned())
            .collect();
        fields.sort();
        fields
    };
    assert_eq!(fields(&rejected[0]), ["_id", "_rev"]);
    assert!(
        rejected[0]["error"]
            .as_str()
            .unwrap()
            .contains("`reserved`")
    );
    assert!(
        rejected[1]["error"]
            .as_str()
            .unwrap()
            .starts_with("changes[2].key: ")
    );
    assert_eq!(rejected[2]["error"], "Schema validation failed");
    assert_eq!(fields(&rejected[2]), ["done", "title"]);
    assert!(rejected[2]["details"].as_array().unwrap().contains(&json!({
        "key": "untitled", "field": "title", "message": "must have required property 'title'",
    })));
    assert!(rejected[3]["serverTime"].as_u64().unwrap() <= now().0);
    assert!(
        rejected[4]["error"]
            .as_str()
            .unwrap()
            .starts_with("changes[6].key: ")
    );
    trial.end_with_documents(2).await;
}

#[tokio::test]
async fn a_partial_request_without_bad_changes_rejects_none() {
    let trial = Trial::begin().await;
    let answer = trial
        .server
        .sync("ada", with("/partial", json!(true)))
        .await;
    assert_eq!(answer["rejected"], json!([]));
    trial.end_with_documents(1).await;
}
