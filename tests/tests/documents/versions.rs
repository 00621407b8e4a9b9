use reqwest::StatusCode;
use serde_json::{Value, json};
use syncline_tests::TestServer;

use crate::support::{USER, fields, get, is, note, refuses, write};

fn titles(page: &Value) -> Vec<&str> {
    let versions = page["versions"].as_array().unwrap();
    versions
        .iter()
        .map(|version| version["title"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn versions_come_newest_first_and_page_by_page() {
    let server = TestServer::start().await;
    for (sequence, title) in ["one", "two", "three"].into_iter().enumerate() {
        write(&server, "1", &json!({ "title": title }), sequence).await;
    }
    let path = format!("{}/versions", note("1"));
    let all = get(&server, USER, &path).await;
    is(&all, StatusCode::OK);
    assert_eq!(titles(&all.body), ["three", "two", "one"]);
    assert_eq!(all.body["nextCursor"], Value::Null);
    let current = get(&server, USER, &note("1")).await.body["document"].clone();
    assert_eq!(all.body["versions"][0], current);
    assert_eq!(fields(&all.body["versions"][2]), json!({ "title": "one" }));

    let first = get(&server, USER, &format!("{path}?limit=2")).await;
    assert_eq!(titles(&first.body), ["three", "two"]);
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let next = get(&server, USER, &format!("{path}?limit=2&cursor={cursor}")).await;
    assert_eq!(titles(&next.body), ["one"]);
    assert_eq!(next.body["nextCursor"], Value::Null);
    server.finish().await;
}

#[tokio::test]
async fn a_page_has_bounds() {
    let server = TestServer::start().await;
    write(&server, "1", &json!({ "title": "one" }), 0).await;
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x"] {
        let answer = get(&server, USER, &format!("{}/versions?{query}", note("1"))).await;
        refuses(&answer, StatusCode::BAD_REQUEST, "bad_request");
    }
    let missing = get(&server, USER, &format!("{}/versions", note("2"))).await;
    refuses(&missing, StatusCode::NOT_FOUND, "not_found");
    server.finish().await;
}
