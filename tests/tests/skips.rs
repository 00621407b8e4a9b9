//! No change is ever skipped, and none comes twice, whoever writes at the same time.

#![cfg(test)]

use std::sync::Arc;

use serde_json::json;
use sqlx::Executor;
use syncline_tests::{
    Replica, TestServer,
    endpoint::RoundRobin,
    replica::{change, stamp},
    storm::storm,
};

const USER: &str = "ada";
const COLLECTION: &str = "notes";
const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_puller_ends_with_what_a_fresh_pull_gives() {
    let first = TestServer::start().await;
    let second = TestServer::on(first.database.clone()).await;
    let servers = RoundRobin::over(vec![first.url(""), second.url("")]);
    storm(&Arc::new(servers), &first.database, ROUNDS).await;
    second.stop().await;
    first.finish().await;
}

/// Ids are numbers: 9 is less than 10.
#[tokio::test]
async fn a_cursor_passes_transactions_with_more_digits() {
    let server = TestServer::start().await;
    let mut replica = Replica::new(COLLECTION);
    for key in ["first", "second"] {
        let change = change(key, &json!({ "by": "test" }), &stamp("test", 0));
        replica.sync(&server, USER, &[change]).await;
    }
    let statement = "
        SET syncline.renewing = 'on';
        UPDATE documents SET tx = '9' WHERE key = 'first'";
    server
        .database
        .connect()
        .await
        .execute(sqlx::raw_sql(statement))
        .await
        .unwrap();
    for _ in 0..2 {
        replica.sync(&server, USER, &[]).await;
    }
    assert_eq!(replica.told_twice(), Vec::<&(String, String)>::new());
    server.finish().await;
}

/// What a push became is not known to whoever pushed it before it was sent.
#[tokio::test]
async fn a_merged_push_comes_with_a_later_page() {
    let server = TestServer::start().await;
    let mut other = Replica::new(COLLECTION);
    let merged = change("merged", &json!({ "by": "other" }), &stamp("other", 0));
    other.sync(&server, USER, &[merged]).await;
    for key in ["1", "2", "3"] {
        let more = change(key, &json!({ "by": "other" }), &stamp("other", 0));
        other.sync(&server, USER, &[more]).await;
    }
    let mut replica = Replica::paged(COLLECTION, 1);
    let push = change("merged", &json!({ "too": "mine" }), &stamp("mine", 0));
    replica.sync(&server, USER, &[push]).await;
    other.sync(&server, USER, &[]).await;
    assert_eq!(
        replica.documents()["merged"],
        json!({ "by": "other", "too": "mine" })
    );
    assert_eq!(replica.documents(), other.documents());
    server.finish().await;
}
