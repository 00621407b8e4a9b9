use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{TestServer, server::answer};

use crate::reader::{Reader, send};

#[tokio::test]
async fn a_link_gives_one_document_to_whoever_holds_it() {
    let server = TestServer::start().await;
    let mut ada = Reader::new(&server, "ada");
    let change = ada.edit(None, "plan", &json!({ "title": "Plan" }));
    ada.push(&[change]).await;
    let path = "/docIndex/todo/plan/shareToken";
    let minted = send(&server, "ada", Method::POST, path, &Value::Null).await;
    assert_eq!(minted.status, StatusCode::CREATED);
    assert_eq!(minted.body["entry"]["shareToken"], "set");
    let first = minted.body["shareToken"]
        .as_str()
        .expect("a token")
        .to_owned();
    let opened = open(&server, &first).await;
    assert_eq!(opened.status, StatusCode::OK);
    assert_eq!(opened.headers["cache-control"], "private, no-store");
    assert_eq!(opened.body["title"], "Plan");
    assert_eq!(opened.body["_key"], "plan");
    // Another link takes the place of the first, and is revoked.
    let minted = send(&server, "ada", Method::POST, path, &Value::Null).await;
    let second = minted.body["shareToken"]
        .as_str()
        .expect("a token")
        .to_owned();
    assert_eq!(open(&server, &first).await.status, StatusCode::NOT_FOUND);
    assert_eq!(open(&server, &second).await.status, StatusCode::OK);
    let revoked = send(&server, "ada", Method::DELETE, path, &Value::Null).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(open(&server, &second).await.status, StatusCode::NOT_FOUND);
    let hashes: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM syncline.access_entries WHERE share_token_hash IS NOT NULL",
    )
    .fetch_one(&mut server.database.connect().await)
    .await
    .expect("the entries can be counted");
    assert_eq!(hashes, 0);
    server.finish().await;
}

async fn open(server: &TestServer, token: &str) -> syncline_tests::Answer {
    answer(server.request(Method::GET, &format!("/share/{token}"))).await
}
