//! Documents that PostgreSQL or other clients could not hold.

use serde_json::{Value, json};
use syncline_tests::replica::{change, now};

use crate::trial::{MEBIBYTE, Trial, with};

/// An object in objects: so many levels, the document among them.
fn nested_objects(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!({ "a": inner }))
}

/// A document whose only field holds arrays in arrays.
fn nested_arrays(levels: usize) -> Value {
    let arrays = (1..levels).fold(json!(1), |inner, _| json!([inner]));
    json!({ "a": arrays })
}

#[tokio::test]
async fn documents_that_cannot_be_held_are_refused_at_the_field() {
    let trial = Trial::begin().await;
    let name = "n".repeat(1_000_000);
    let shortened = format!("{}…", "n".repeat(40));
    let objects = vec!["a"; 64].join(".");
    for (doc, field) in [
        (json!({ "a": "x\0y" }), "a"),
        (json!({ "a": { "b": ["\0"] } }), "a.b"),
        (json!({ "a": [{ "b\0": 1 }] }), "a"),
        (json!({ "a\0": 1 }), "a\0"),
        (json!({ "a": 9_007_199_254_740_993_u64 }), "a"),
        (json!({ "a": -9_007_199_254_740_993_i64 }), "a"),
        (json!({ "a": { "b": [1, [1e300]] } }), "a.b"),
        (json!({ "_id": 1 }), "_id"),
        (json!({ "_key": "2", "title": "Milk" }), "_key"),
        (json!({ "": "fine", "_": 1 }), "_"),
        (nested_objects(65), &objects),
        (nested_arrays(65), "a"),
        (json!({ &name: 1 }), &shortened),
        (json!({ "a": { &name: 1 } }), &format!("a.{shortened}")),
        (json!({ "a": "x".repeat(MEBIBYTE) }), ""),
    ] {
        let refusal = trial
            .refuses(&with("/changes/0/doc", doc), "bad_request", "`1`")
            .await;
        assert_eq!(refusal["details"][0]["key"], "1", "{refusal}");
        assert_eq!(refusal["details"][0]["field"], field, "{refusal}");
        let message = refusal["details"][0]["message"].as_str().unwrap();
        let sentence = refusal["error"].as_str().unwrap();
        assert!(sentence.contains(message), "{sentence}");
    }
    trial.end().await;
}

#[tokio::test]
async fn what_keeps_the_limits_is_stored() {
    let trial = Trial::begin().await;
    let four_minutes_ahead = format!("{:013x}-000000-phone", now().0 + 4 * 60 * 1000);
    let documents = [
        nested_objects(64),
        nested_arrays(64),
        json!({ "a": [9_007_199_254_740_992_u64, -9_007_199_254_740_992_i64, 0.1, 1e-300] }),
        json!({ "n".repeat(1024): 1 }),
        json!({ "inside": { "_id": 1 }, "": "", "__proto__".trim_start_matches('_'): {} }),
        json!({ "a": "x".repeat(MEBIBYTE - 8) }),
    ];
    let changes: Vec<_> = documents
        .iter()
        .enumerate()
        .map(|(number, doc)| change(&format!("k{number}"), doc, &four_minutes_ahead))
        .collect();
    let body = json!({ "collection": "notes", "changes": changes });
    let answer = trial.server.sync("ada", body).await;
    for (number, doc) in documents.iter().enumerate() {
        let mut stored = answer["serverChanges"][number].clone();
        let members = stored.as_object_mut().unwrap();
        assert_eq!(members.remove("_key").unwrap(), format!("k{number}"));
        members.retain(|name, _| !["_rev", "_fieldRevs"].contains(&name.as_str()));
        assert_eq!(stored, *doc);
    }
    trial.end_with_documents(documents.len()).await;
}
