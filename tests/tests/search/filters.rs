//! What each operator finds.

use serde_json::{Value, json};

use crate::library::{Library, leaf};

/// Documents of which every condition below finds some.
async fn library() -> Library {
    let library = Library::open().await;
    library
        .put(
            "ada",
            "tasks",
            &[
                (
                    "1",
                    json!({ "title": "Buy milk", "size": 3, "tags": ["home", "shop"] }),
                ),
                (
                    "2",
                    json!({ "title": "buy bread", "size": 10, "done": false }),
                ),
                ("3", json!({ "title": null, "size": "3", "tags": [] })),
                (
                    "4",
                    json!({ "place": { "city": "Zürich", "street.no": [1, 2] } }),
                ),
                (
                    "5",
                    json!({ "place": { "city": "Aarau" }, "size": 3.0, "tags": ["home"] }),
                ),
            ],
        )
        .await;
    library
}

#[tokio::test]
async fn every_operator_finds_what_the_guide_says() {
    let library = library().await;
    let cases: &[(&str, &str, Value, &[&str])] = &[
        ("size", "eq", json!(3), &["1", "5"]),
        ("size", "eq", json!("3"), &["3"]),
        ("title", "eq", json!(null), &["3"]),
        ("tags", "eq", json!(["home", "shop"]), &["1"]),
        ("tags", "eq", json!("home"), &[]),
        ("size", "ne", json!(3), &["2", "3", "4"]),
        ("title", "contains", json!("uy"), &["1", "2"]),
        ("title", "contains", json!("Buy"), &["1"]),
        ("tags", "contains", json!("home"), &["1", "5"]),
        ("tags", "contains", json!("hom"), &[]),
        ("place.street%2Eno", "contains", json!(2), &["4"]),
        ("size", "gt", json!(3), &["2"]),
        ("size", "gte", json!(3), &["1", "2", "5"]),
        ("size", "lt", json!(10), &["1", "5"]),
        ("size", "lte", json!("3"), &["3"]),
        ("place.city", "gt", json!("B"), &["4"]),
        ("size", "in", json!([10, "3"]), &["2", "3"]),
        ("size", "in", json!([]), &[]),
        ("title", "exists", json!(true), &["1", "2", "3"]),
        ("title", "exists", json!(false), &["4", "5"]),
        ("place", "exists", json!(true), &["4", "5"]),
        ("title", "starts", json!("buy"), &["2"]),
        ("place.city", "starts", json!("Zü"), &["4"]),
        // A number in a path is a key, never a place in an array.
        ("tags.0", "exists", json!(true), &[]),
    ];
    for (field, op, value, keys) in cases {
        let found = library.find("tasks", &leaf(field, op, value.clone())).await;
        assert_eq!(&found, keys, "{field} {op} {value}");
    }
    library.server.finish().await;
}

#[tokio::test]
async fn conditions_combine() {
    let library = library().await;
    let three = leaf("size", "eq", json!(3));
    let home = leaf("tags", "contains", json!("home"));
    let both = json!({ "type": "and", "filters": [three, home] });
    let either = json!({ "type": "or", "filters": [leaf("size", "gt", json!(5)), home] });
    let neither = json!({ "type": "not", "filters": [either] });
    assert_eq!(library.find("tasks", &both).await, ["1", "5"]);
    assert_eq!(library.find("tasks", &either).await, ["1", "2", "5"]);
    assert_eq!(library.find("tasks", &neither).await, ["3", "4"]);
    let all = json!({ "type": "and", "filters": [] });
    let nothing = json!({ "type": "or", "filters": [] });
    assert_eq!(library.find("tasks", &all).await.len(), 5);
    assert!(library.find("tasks", &nothing).await.is_empty());
    library.server.finish().await;
}

#[tokio::test]
async fn results_are_documents_as_they_are_now() {
    let library = library().await;
    library
        .put("ada", "tasks", &[("1", json!({ "title": "Ünïcödé 𝄞" }))])
        .await;
    library.delete("ada", "tasks", "2").await;
    let body = json!({ "collection": "tasks", "filter": leaf("title", "exists", json!(true)) });
    let answer = library.search("ada", body).await;
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 2, "{answer}");
    let mut first = results[0].clone();
    let revision = first.as_object_mut().unwrap().remove("_rev").unwrap();
    assert!(
        revision.as_str().unwrap().contains("-server~"),
        "{revision}"
    );
    assert_eq!(first["title"], "Ünïcödé 𝄞");
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
    library.server.finish().await;
}

#[tokio::test]
async fn others_documents_are_never_found() {
    let library = library().await;
    for (user, collection) in [("bob", "tasks"), ("ada", "others")] {
        let answer = library
            .search(user, json!({ "collection": collection, "total": true }))
            .await;
        assert_eq!(answer, json!({ "results": [], "total": 0 }));
    }
    library.put("bob", "tasks", &[("1", json!({}))]).await;
    let answer = library
        .search("bob", json!({ "collection": "tasks" }))
        .await;
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0].as_object().unwrap().len(), 2, "{answer}");
    library.server.finish().await;
}

#[tokio::test]
async fn large_documents_are_found_by_their_filters() {
    let library = Library::open().await;
    let words: Vec<_> = (0..85_000)
        .map(|number| format!("word{number:06}"))
        .collect();
    let text = words.join(" ");
    library
        .put(
            "ada",
            "books",
            &[("long", json!({ "text": text, "year": 1913 }))],
        )
        .await;
    assert_eq!(
        library
            .find("books", &leaf("year", "eq", json!(1913)))
            .await,
        ["long"]
    );
    let end = leaf("text", "contains", json!("word084999"));
    assert_eq!(library.find("books", &end).await, ["long"]);
    // More words than can be kept: those of the beginning are.
    for (word, count) in [("word000001", 1), ("word084999", 0)] {
        let text = json!({ "type": "text", "query": word });
        assert_eq!(library.find("books", &text).await.len(), count, "{word}");
    }
    library.server.finish().await;
}
