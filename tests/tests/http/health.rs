//! `GET /health` and `GET /ready`.

use reqwest::StatusCode;
use serde_json::json;
use syncline_tests::TestServer;

use crate::support::{assert_unavailable, get};

#[tokio::test]
async fn health_and_readiness_need_no_token() {
    let server = TestServer::start().await;
    let health = get(&server, "/health").await;
    assert_eq!(
        (health.status, health.body),
        (StatusCode::OK, json!({ "status": "ok" }))
    );
    let ready = get(&server, "/ready").await;
    assert_eq!(
        (ready.status, ready.body),
        (StatusCode::OK, json!({ "status": "ready" }))
    );
    server.finish().await;
}

#[tokio::test]
async fn a_server_without_its_tables_is_not_ready() {
    let server = TestServer::start().await;
    let mut connection = server.database.connect().await;
    sqlx::query("DROP SCHEMA syncline CASCADE")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_unavailable(&get(&server, "/ready").await);
    assert_eq!(get(&server, "/health").await.status, StatusCode::OK);
    drop(connection);
    server.finish().await;
}
