//! Whoever holds rows in the same database for long keeps only those waiting who want these rows.

#![cfg(test)]

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use syncline_tests::{
    TestServer,
    replica::{change, stamp},
};
use tokio::task::JoinSet;

/// More users than workers, and than connections that wait at once.
const HELD: usize = 6;
const OTHERS: usize = 12;

/// Far more than a push takes, and less than the server waits for a lock.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_row_keeps_only_its_own_writers_waiting() {
    let server = Arc::new(TestServer::start().await);
    let held: Vec<_> = (0..HELD).map(|number| format!("held-{number}")).collect();
    for user in &held {
        push(&server, user, 0).await;
    }
    let mut connection = server.database.connect().await;
    let mut holder = connection.begin().await.unwrap();
    holder
        .execute("SELECT FROM documents FOR UPDATE")
        .await
        .unwrap();
    let mut waiting = push_all(&server, &held, 1);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let others: Vec<_> = (0..OTHERS).map(|number| format!("user-{number}")).collect();
    for round in 0..3 {
        let answers = push_all(&server, &others, round).join_all();
        let answers = tokio::time::timeout(PATIENCE, answers).await;
        assert!(answers.is_ok(), "pushes of others wait for the held row");
    }
    assert!(
        waiting.try_join_next().is_none(),
        "the row is held, and was written all the same"
    );
    holder.commit().await.unwrap();
    for answer in waiting.join_all().await {
        assert_eq!(answer["serverChanges"][0]["round"], 1);
    }
    Arc::into_inner(server).unwrap().finish().await;
}

fn push_all(server: &Arc<TestServer>, users: &[String], round: usize) -> JoinSet<Value> {
    let mut pushes = JoinSet::new();
    for user in users {
        let (server, user) = (Arc::clone(server), user.clone());
        pushes.spawn(async move { push(&server, &user, round).await });
    }
    pushes
}

async fn push(server: &TestServer, user: &str, round: usize) -> Value {
    let change = change("one", &json!({ "round": round }), &stamp("test", round));
    let body = json!({ "collection": "notes", "protocol": 2, "changes": [change] });
    server.sync(user, body).await
}
