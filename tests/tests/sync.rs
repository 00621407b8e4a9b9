//! `POST /{application}/sync`, as one device and two see it.

use reqwest::StatusCode;
use serde_json::json;
use syncline_tests::{TestServer, first_sync, pull_from};

/// A clock of a device, so many milliseconds after the year 2026 began.
fn clock(millis: u64, node: &str) -> String {
    format!("{:013x}-000000-{node}", 1_767_225_600_000 + millis)
}

#[tokio::test]
async fn what_one_device_pushes_another_pulls() {
    let server = TestServer::start().await;
    let pushed = server
        .sync(
            "ada",
            json!({
                "collection": "tasks", "protocol": 2, "node": "phone",
                "changes": [{
                    "key": "1", "doc": { "title": "Buy milk", "done": false },
                    "fieldRevs": { "title": clock(1, "phone"), "done": clock(1, "phone") },
                }],
            }),
        )
        .await;
    assert_eq!(pushed["conflicts"], json!([]));
    assert_eq!(pushed["serverChanges"][0]["title"], "Buy milk");
    let pulled = server.sync("ada", first_sync("tasks")).await;
    assert_eq!(pulled["serverChanges"], pushed["serverChanges"]);
    let again = server.sync("ada", pull_from("tasks", &pulled)).await;
    assert_eq!(again["serverChanges"], json!([]));
    let stranger = server.sync("bob", first_sync("tasks")).await;
    assert_eq!(stranger["serverChanges"], json!([]));
    server.finish().await;
}

#[tokio::test]
async fn a_document_that_breaks_its_schema_is_refused() {
    let server = TestServer::start().await;
    let body = json!({
        "collection": "tasks",
        "changes": [{ "key": "task-1", "doc": { "done": true }, "fieldRevs": {} }],
    });
    let answer = server.post_sync("ada", "todo", &body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.body,
        json!({
            "error": "Schema validation failed",
            "code": "schema_validation_failed",
            "details": [{
                "key": "task-1", "field": "title", "message": "must have required property 'title'",
            }],
        })
    );
    server.finish().await;
}
