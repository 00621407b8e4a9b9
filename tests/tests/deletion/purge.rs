//! What is remembered of deletions and of former members goes when nobody needs it any longer.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Executor;
use syncline_application::ports::Store;
use syncline_postgres::PostgresStore;
use syncline_tests::TestServer;

use crate::world::{FRIEND, PERSON, add, delete_account, found, is, open_to, send, write};

const HOUR: u64 = 60 * 60 * 1000;

async fn counts(server: &TestServer) -> [i64; 4] {
    let mut connection = server.database.connect().await;
    let counts: (i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM memberships WHERE revoked), \
         (SELECT count(*) FROM routes WHERE revoked), \
         (SELECT count(*) FROM reader_resets), (SELECT count(*) FROM deleted_accounts)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    counts.into()
}

/// Makes all of it so many days older; the transactions stay what they are.
async fn age(server: &TestServer, days: u32) {
    let mut connection = server.database.connect().await;
    let statement = format!(
        "SET syncline.renewing = 'on';
        UPDATE memberships SET changed_at = changed_at - interval '{days} days';
        UPDATE routes SET changed_at = changed_at - interval '{days} days';
        UPDATE reader_resets SET deleted_at = deleted_at - interval '{days} days';
        UPDATE deleted_accounts SET deleted_at = deleted_at - interval '{days} days'"
    );
    let statement = sqlx::AssertSqlSafe(statement);
    connection.execute(sqlx::raw_sql(statement)).await.unwrap();
}

/// A transaction of another test, on the same cluster, may hold it up.
async fn purge_until(server: &TestServer, left: [i64; 4]) {
    let store = PostgresStore::connect(server.database.options(), 1)
        .await
        .unwrap();
    for _ in 0..1000 {
        store.purge(HOUR).await.unwrap();
        if counts(server).await == left {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{:?} are left instead of {left:?}", counts(server).await);
}

#[tokio::test]
async fn what_was_revoked_and_deleted_is_purged_when_its_time_is_over() {
    let server = TestServer::start().await;
    let acme = found(&server, FRIEND, "Acme").await;
    add(&server, FRIEND, &acme, "mia").await;
    let path = format!("/orgs/{acme}/members/mia");
    is(
        &send(&server, FRIEND, Method::DELETE, &path, &Value::Null).await,
        StatusCode::NO_CONTENT,
    );
    for user in [FRIEND, PERSON] {
        is(
            &write(&server, user, None, "1", &json!({})).await,
            StatusCode::OK,
        );
        open_to(&server, user, "1", &json!({ "visibility": "public" })).await;
    }
    open_to(&server, FRIEND, "1", &json!({ "visibility": "private" })).await;
    is(
        &delete_account(&server, PERSON).await,
        StatusCode::NO_CONTENT,
    );
    purge_until(&server, [1, 1, 1, 1]).await;
    age(&server, 1).await;
    purge_until(&server, [0, 0, 0, 1]).await;
    age(&server, 8).await;
    purge_until(&server, [0, 0, 0, 0]).await;
    let members = format!("/orgs/{acme}/members");
    let members = send(&server, FRIEND, Method::GET, &members, &Value::Null).await;
    assert_eq!(members.body["members"].as_array().unwrap().len(), 1);
    server.finish().await;
}
