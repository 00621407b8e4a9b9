//! Searches that are refused, with the place and the rule.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::library::{Library, leaf};

/// So many filters inside each other.
fn nested(levels: usize) -> Value {
    let innermost = leaf("a", "eq", json!(1));
    (1..levels).fold(
        innermost,
        |inner, _| json!({ "type": "not", "filters": [inner] }),
    )
}

fn all(filters: impl Into<Value>) -> Value {
    json!({ "type": "and", "filters": filters.into() })
}

#[tokio::test]
async fn a_tree_is_told_where_it_is_none() {
    let library = Library::open().await;
    let two = json!({ "type": "not", "filters": [nested(1), nested(1)] });
    refuses_filters(
        &library,
        &[
            (json!("a"), "filter: ", "it is an object"),
            (json!([]), "filter: ", "it is an object"),
            (json!({}), "filter.type: ", "missing"),
            (json!({ "type": 1 }), "filter.type: ", "a text"),
            (
                json!({ "type": "xor" }),
                "filter.type: ",
                "`xor` is no type",
            ),
            (json!({ "type": "and" }), "filter.filters: ", "missing"),
            (
                json!({ "type": "or", "filters": {} }),
                "filter.filters: ",
                "an array",
            ),
            (all(vec![json!(1)]), "filter.filters[0]: ", "an object"),
            (
                json!({ "type": "not", "filters": [] }),
                "filter.filters: ",
                "exactly one",
            ),
            (
                all(vec![nested(2), two]),
                "filter.filters[1].filters: ",
                "exactly one",
            ),
            (nested(17), "filter.filters[0]", "at most 16 levels"),
            (
                all(vec![nested(1); 200]),
                "filter.filters[199]: ",
                "at most 200 nodes",
            ),
        ],
    )
    .await;
    for filter in [nested(16), all(vec![nested(1); 199])] {
        assert!(library.find("a", &filter).await.is_empty(), "at the limit");
    }
    library.server.finish().await;
}

#[tokio::test]
async fn a_condition_is_told_what_it_lacks() {
    let library = Library::open().await;
    let long = "x".repeat(9_000);
    let without = |member: &str| {
        let mut condition = leaf("a", "eq", 1);
        condition.as_object_mut().unwrap().remove(member);
        condition
    };
    let misspelt = json!({ "type": "filter", "field": "a", "op": "eq", "values": 1 });
    let number = json!({ "type": "filter", "field": 1, "op": "eq", "value": 1 });
    refuses_filters(
        &library,
        &[
            (without("field"), "filter.field: ", "missing"),
            (without("op"), "filter.op: ", "missing"),
            (without("value"), "filter.value: ", "missing"),
            (number, "filter.field: ", "a text"),
            (misspelt, "filter: ", "`values` is no member"),
            (
                leaf("a", "like", "x"),
                "filter.op: ",
                "`like` is no operator",
            ),
            (
                leaf("_key", "eq", "x"),
                "filter.field: ",
                "none begins with `_`",
            ),
            (leaf("a\0b", "eq", 1), "filter.field: ", "NUL"),
            (leaf(&long, "eq", 1), "filter.field: ", "at most 4096 bytes"),
            (
                leaf(&"a.".repeat(100), "eq", 1),
                "filter.field: ",
                "at most 64 keys",
            ),
        ],
    )
    .await;
    library.server.finish().await;
}

#[tokio::test]
async fn a_value_is_told_what_it_has_to_be() {
    let library = Library::open().await;
    let beyond = 9_007_199_254_740_993_u64;
    refuses_filters(
        &library,
        &[
            (leaf("a", "eq", "a\0b"), "filter.value: ", "NUL"),
            (
                leaf("a", "eq", json!({ "b\0": 1 })),
                "filter.value: ",
                "NUL",
            ),
            (leaf("a", "eq", 1e300), "filter.value: ", "2^53"),
            (leaf("a", "lt", beyond), "filter.value: ", "2^53"),
            (
                leaf("a", "eq", "x".repeat(9_000)),
                "filter.value: ",
                "8192 bytes",
            ),
            (
                leaf("a", "gt", Value::Null),
                "filter.value: ",
                "only numbers and texts",
            ),
            (
                leaf("a", "lte", vec![1]),
                "filter.value: ",
                "only numbers and texts",
            ),
            (leaf("a", "starts", 1), "filter.value: ", "it is a text"),
            (
                leaf("a", "exists", "yes"),
                "filter.value: ",
                "`true` or `false`",
            ),
            (leaf("a", "in", "a"), "filter.value: ", "an array"),
            (
                leaf("a", "in", vec![1; 201]),
                "filter.value: ",
                "at most 200",
            ),
            (
                leaf("a", "in", json!([1, "\0"])),
                "filter.value[1]: ",
                "NUL",
            ),
        ],
    )
    .await;
    let most = leaf("a", "in", vec![1; 200]);
    assert!(library.find("a", &most).await.is_empty(), "at the limit");
    library.server.finish().await;
}

#[tokio::test]
async fn a_text_is_told_what_it_has_to_be() {
    let library = Library::open().await;
    let text =
        |query: &str, fields: Value| json!({ "type": "text", "query": query, "fields": fields });
    let none = json!([]);
    refuses_filters(
        &library,
        &[
            (json!({ "type": "text" }), "filter.query: ", "missing"),
            (
                text("", none.clone()),
                "filter.query: ",
                "1 to 1000 characters",
            ),
            (text("a\0", none.clone()), "filter.query: ", "NUL"),
            (text("a", json!("b")), "filter.fields: ", "an array"),
            (text("a", json!([1])), "filter.fields[0]: ", "a path"),
            (text("a", json!(["_a"])), "filter.fields[0]: ", "`_`"),
            (
                text("a", json!(vec!["a"; 17])),
                "filter.fields: ",
                "at most 16",
            ),
            (
                all(vec![text("a", none); 9]),
                "filter.filters[8]: ",
                "at most 8 text queries",
            ),
        ],
    )
    .await;
    library.server.finish().await;
}

async fn refuses_filters(library: &Library, cases: &[(Value, &str, &str)]) {
    for (filter, place, rule) in cases {
        let body = json!({ "collection": "a", "filter": filter });
        refuses(library, &body, place, rule).await;
    }
}

#[tokio::test]
async fn other_members_are_checked_as_well() {
    let library = Library::open().await;
    let long = "x".repeat(1_001);
    for (member, value, place) in [
        ("collection", json!(1), "collection: "),
        ("collection", json!(""), "collection: "),
        ("text", json!(1), "text: "),
        ("text", json!(""), "text: "),
        ("text", json!(long), "text: "),
        ("text", json!({ "query": 1 }), "text.query: "),
        (
            "text",
            json!({ "query": "a", "field": "b" }),
            "text: `field`",
        ),
        ("sort", json!("a"), "sort: "),
        ("sort", json!(["a"]), "sort[0]: "),
        ("sort", json!([{}]), "sort[0].field: "),
        ("sort", json!([{ "field": "_owner" }]), "sort[0].field: "),
        (
            "sort",
            json!([{ "field": "a", "direction": "up" }]),
            "sort[0].direction: ",
        ),
        (
            "sort",
            json!([{ "field": "a", "descending": true }]),
            "sort[0]: ",
        ),
        ("sort", json!([{ "field": "_score" }]), "sort: `_score`"),
        ("sort", json!(vec![json!({ "field": "a" }); 5]), "sort: "),
        ("limit", json!(0), "limit: "),
        ("limit", json!(501), "limit: "),
        ("limit", json!("1"), "limit: "),
        ("cursor", json!(1), "cursor: "),
        ("total", json!("yes"), "total: "),
        ("filtr", json!({}), "filtr: unknown field"),
    ] {
        let mut body = json!({ "collection": "a" });
        body[member] = value;
        refuses(&library, &body, place, "").await;
    }
    library.server.finish().await;
}

async fn refuses(library: &Library, body: &Value, place: &str, rule: &str) {
    let answer = library.ask("ada", "shopping-list", body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    assert_eq!(answer.body["code"], "bad_request");
    let error = answer.body["error"].as_str().unwrap();
    assert!(
        error.starts_with(place) && error.contains(rule),
        "{place}{rule}: {error}"
    );
}

#[tokio::test]
async fn an_application_that_is_not_configured_is_not_found() {
    let library = Library::open().await;
    let answer = library
        .ask("ada", "chess", &json!({ "collection": "a" }))
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.body["code"], "not_found");
    let request = library
        .server
        .request(reqwest::Method::POST, "/shopping-list/search");
    let answer = syncline_tests::server::answer(request.json(&json!({ "collection": "a" }))).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    library.server.finish().await;
}

#[tokio::test]
async fn what_a_filter_says_is_never_read_as_sql() {
    let library = Library::open().await;
    let hostile = "'); DROP TABLE documents; --";
    library
        .put(
            "ada",
            "a",
            &[("1", json!({ hostile: hostile, "$1": "{}" }))],
        )
        .await;
    for (field, value) in [(hostile, hostile), ("$1", "{}")] {
        for op in ["eq", "contains", "starts", "gte"] {
            let body = json!({
                "collection": "a", "filter": leaf(field, op, value), "sort": [{ "field": field }],
            });
            let found = library.search("ada", body).await;
            assert_eq!(crate::library::keys(&found), ["1"], "{field} {op}");
        }
    }
    library.server.finish().await;
}
