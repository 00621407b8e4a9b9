//! Text search: words, ranks and snippets.

use serde_json::{Value, json};

use crate::library::{Library, keys};

async fn library() -> Library {
    let library = Library::open().await;
    library
        .put(
            "ada",
            "notes",
            &[
                (
                    "1",
                    json!({ "title": "Milk", "body": "milk, milk and more milk" }),
                ),
                (
                    "2",
                    json!({ "title": "Walk", "body": "We walked along the river, then had milk." }),
                ),
                (
                    "3",
                    json!({ "title": "Empty", "tags": ["bread", "river bank"] }),
                ),
            ],
        )
        .await;
    library
}

fn text(query: &str) -> Value {
    json!({ "collection": "notes", "text": query })
}

#[tokio::test]
async fn what_matches_best_comes_first() {
    let library = library().await;
    let answer = library.search("ada", text("milk")).await;
    assert_eq!(keys(&answer), ["1", "2"]);
    let score = |index: usize| answer["results"][index]["_score"].as_f64().unwrap();
    assert!(score(0) > score(1) && score(1) > 0.0, "{answer}");
    let mut reversed = text("milk");
    reversed["sort"] = json!([{ "field": "_score" }]);
    assert_eq!(keys(&library.search("ada", reversed).await), ["2", "1"]);
    library.server.finish().await;
}

#[tokio::test]
async fn words_of_any_language_are_found_without_case_and_punctuation() {
    let library = Library::open().await;
    let title = "Über МОЛОКО “milk” bread—tea «слово» 10\u{a0}kg ÉTÉ";
    library
        .put("ada", "notes", &[("1", json!({ "title": title }))])
        .await;
    for word in [
        "über",
        "молоко",
        "milk",
        "bread",
        "tea",
        "Слово",
        "kg",
        "été",
    ] {
        let answer = library.search("ada", text(word)).await;
        assert_eq!(keys(&answer), ["1"], "{word}");
    }
    library.server.finish().await;
}

#[tokio::test]
async fn queries_are_written_as_in_web_searches() {
    let library = library().await;
    for (query, found) in [
        ("milk river", vec!["2"]),
        ("milk or bread", vec!["1", "2", "3"]),
        ("milk -river", vec!["1"]),
        ("\"river bank\"", vec!["3"]),
        ("\"bank river\"", vec![]),
        ("MILK", vec!["1", "2"]),
        ("mil", vec![]),
        ("walk walked", vec!["2"]),
        ("\"unclosed (& | ! :* '", vec![]),
    ] {
        let mut body = text(query);
        body["sort"] = json!([{ "field": "_key" }]);
        assert_eq!(keys(&library.search("ada", body).await), found, "{query}");
    }
    library.server.finish().await;
}

#[tokio::test]
async fn a_text_is_looked_for_in_the_fields_named() {
    let library = library().await;
    for (fields, found) in [
        (json!(["title"]), vec!["1"]),
        (json!(["body", "tags"]), vec!["1", "2"]),
        (json!(["absent"]), vec![]),
        (json!([]), vec!["1", "2"]),
    ] {
        let body = json!({
            "collection": "notes", "text": { "query": "milk", "fields": fields },
            "sort": [{ "field": "_key" }],
        });
        assert_eq!(keys(&library.search("ada", body).await), found, "{fields}");
    }
    library.server.finish().await;
}

#[tokio::test]
async fn texts_are_conditions_like_others() {
    let library = library().await;
    let filter = json!({ "type": "or", "filters": [
        { "type": "not", "filters": [{ "type": "text", "query": "milk" }] },
        { "type": "and", "filters": [
            { "type": "text", "query": "milk" },
            { "type": "filter", "field": "title", "op": "eq", "value": "Walk" },
        ]},
    ]});
    let body = json!({ "collection": "notes", "filter": filter });
    assert_eq!(keys(&library.search("ada", body).await), ["2", "3"]);
    let filter = json!({ "type": "not", "filters": [{ "type": "text", "query": "milk" }] });
    let answer = library
        .search("ada", json!({ "collection": "notes", "filter": filter }))
        .await;
    assert_eq!(keys(&answer), ["3"]);
    assert!(answer["results"][0].get("_score").is_none(), "{answer}");
    library.server.finish().await;
}

#[tokio::test]
async fn snippets_mark_the_words_and_are_harmless_as_html() {
    let library = Library::open().await;
    let long = format!("{}milk {}", "before ".repeat(500), "behind ".repeat(500));
    library
        .put(
            "ada",
            "notes",
            &[(
                "1",
                json!({
                    "title": "1 < 2 & milk's > \u{e000}water\u{e001}",
                    "a.b": { "c": ["no", "Milk!"] },
                    "long": long, "other": "water", "count": 3,
                }),
            )],
        )
        .await;
    let answer = library.search("ada", text("milk")).await;
    let highlight = &answer["results"][0]["_highlight"];
    let marked = highlight.as_object().unwrap();
    assert_eq!(
        marked.keys().collect::<Vec<_>>(),
        ["a%2Eb.c", "long", "title"],
        "{highlight}"
    );
    assert_eq!(highlight["a%2Eb.c"], "<mark>Milk</mark>!");
    let title = highlight["title"].as_str().unwrap();
    assert!(
        title.contains("&lt; 2 &amp; <mark>milk</mark>'s &gt; water"),
        "{title}"
    );
    let snippet = highlight["long"].as_str().unwrap();
    assert!(
        snippet.contains("before <mark>milk</mark> behind"),
        "{snippet}"
    );
    assert!(snippet.len() < 300, "{snippet}");
    assert_eq!(answer["results"][0]["long"], long, "the document is whole");
    library.server.finish().await;
}

#[tokio::test]
async fn an_application_has_a_language() {
    let configuration = "[applications.diary]\ntextSearch = \"english\"\n";
    let library = Library::of("diary", configuration).await;
    library
        .put(
            "ada",
            "notes",
            &[("1", json!({ "body": "We walked the dogs" }))],
        )
        .await;
    let answer = library.search("ada", text("walking dog")).await;
    assert_eq!(keys(&answer), ["1"]);
    let highlight = &answer["results"][0]["_highlight"]["body"];
    assert_eq!(highlight, "We <mark>walked</mark> the <mark>dogs</mark>");
    library.server.finish().await;
}
