//! A database that goes away and comes back.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use syncline_postgres::local_cluster::LocalCluster;
use syncline_tests::{
    Answer, TestDatabase, TestServer, first_sync,
    replica::{change, stamp},
};
use tokio::time::sleep;

use crate::support::{assert_unavailable, get};

/// A push and a pull, which need the database in different ways.
async fn syncs(server: &TestServer) -> [Answer; 2] {
    let push = json!({
        "collection": "notes",
        "changes": [change("1", &json!({ "title": "Milk" }), &stamp("phone", 0))],
    });
    let pushed = server.post_sync("ada", "todo", &push).await;
    [
        pushed,
        server.post_sync("ada", "todo", &first_sync("notes")).await,
    ]
}

/// Holds that a server finds its database again, and says so meanwhile. It refuses at once, and looks
/// for the database twice a second.
async fn recovers(server: &TestServer) {
    for _ in 0..100 {
        let answers = syncs(server).await;
        let broken = answers
            .iter()
            .filter(|answer| answer.status != StatusCode::OK);
        if broken.inspect(|answer| assert_unavailable(answer)).count() == 0 {
            assert_eq!(get(server, "/ready").await.status, StatusCode::OK);
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("the server never found its database again");
}

#[tokio::test]
async fn without_its_database_a_server_is_alive_and_unavailable() {
    let server = TestServer::start().await;
    server.database.clone().drop().await;
    for answer in syncs(&server).await {
        assert_unavailable(&answer);
    }
    assert_unavailable(&get(&server, "/ready").await);
    assert_eq!(get(&server, "/health").await.status, StatusCode::OK);
    server.stop().await;
}

#[tokio::test]
async fn a_server_goes_on_when_its_connections_were_cut() {
    let server = TestServer::start().await;
    for answer in syncs(&server).await {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    let mut connection = server.database.connect().await;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    recovers(&server).await;
    drop(connection);
    server.finish().await;
}

#[tokio::test]
async fn a_server_waits_for_a_database_that_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = LocalCluster::start(folder.path()).await.unwrap();
    let server = TestServer::on(TestDatabase::at(cluster.connect_options())).await;
    for answer in syncs(&server).await {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    cluster.stop().await.unwrap();
    for answer in syncs(&server).await {
        assert_unavailable(&answer);
    }
    assert_unavailable(&get(&server, "/ready").await);
    let cluster = LocalCluster::start(folder.path()).await.unwrap();
    recovers(&server).await;
    let pulled = server.sync("ada", first_sync("notes")).await;
    assert_eq!(pulled["serverChanges"][0]["title"], "Milk");
    server.stop().await;
    cluster.stop().await.unwrap();
}
