//! What is remembered of deletions and of former members goes when nobody needs it any longer.

use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use syncline_application::ports::Store;
use syncline_postgres::PostgresStore;
use syncline_tests::{TestServer, process::binary};

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

/// Not only when somebody signs in.
#[tokio::test]
async fn codes_are_purged_when_their_minute_is_over() {
    let server = TestServer::start().await;
    let mut connection = server.database.connect().await;
    let statement = "
        INSERT INTO login_codes (code_hash, provider, subject, expires_at)
        SELECT minutes::text::bytea, 'dev', 'ada', clock_timestamp() + minutes * interval '1 minute'
        FROM unnest(ARRAY[-1, 1]) AS minutes";
    connection.execute(statement).await.unwrap();
    let store = PostgresStore::connect(server.database.options(), 1)
        .await
        .unwrap();
    store.purge(HOUR).await.unwrap();
    let left: Vec<Vec<u8>> = sqlx::query_scalar("SELECT code_hash FROM login_codes")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, [b"1"]);
    drop(connection);
    server.finish().await;
}

/// More than one batch of revoked routes, one of which a push holds.
#[tokio::test]
async fn a_purge_waits_for_no_push_and_comes_by_itself() {
    let server = TestServer::start().await;
    is(
        &write(&server, FRIEND, None, "1", &json!({})).await,
        StatusCode::OK,
    );
    let mut connection = server.database.connect().await;
    let statement = "
        SET syncline.renewing = 'on';
        INSERT INTO routes (
            reader_kind, reader_id, application, collection, namespace_id, key,
            access, revoked, opened_tx, tx, changed_at
        )
        SELECT
            'user', 'reader-' || number, 'todo', 'notes', namespace_id, '1',
            'read', true, '3', '3', clock_timestamp() - interval '3 days'
        FROM namespaces, generate_series(1, 5000) AS number";
    connection.execute(sqlx::raw_sql(statement)).await.unwrap();
    let mut push = connection.begin().await.unwrap();
    push.execute("SELECT FROM routes WHERE reader_id = 'reader-70' FOR UPDATE")
        .await
        .unwrap();
    let purged = Command::new(binary())
        .arg("purge")
        .current_dir(server.folder())
        .env("SYNCLINE_DATABASE_URL", server.database.url())
        .env("SYNCLINE_RETENTION__DAYS", "1")
        .env("SYNCLINE_LOG__LEVEL", "off")
        .output()
        .unwrap();
    assert!(purged.status.success(), "{purged:?}");
    assert_eq!(counts(&server).await[1], 1, "{purged:?}");
    push.rollback().await.unwrap();
    // A server does so by itself.
    let more = "[retention]\ndays = 1";
    let other = TestServer::with(server.database.clone(), more).await;
    let gone = async {
        while counts(&server).await[1] > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), gone)
        .await
        .expect("it is purged when a server starts");
    other.stop().await;
    server.finish().await;
}
