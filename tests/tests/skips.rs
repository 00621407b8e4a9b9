//! No change is ever skipped, and none comes twice, whoever writes at the same time.

#![cfg(test)]

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use syncline_tests::{
    Replica, TestDatabase, TestServer,
    replica::{change, deletion, stamp},
};
use tokio::{sync::watch, task::JoinSet};

const USER: &str = "ada";
const COLLECTION: &str = "notes";
const WRITERS: usize = 12;
const ROUNDS: usize = 20;

/// Documents that exist before the storm: who writes late changes some of them.
const OLD: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_puller_ends_with_what_a_fresh_pull_gives() {
    let servers = two_servers().await;
    let database = servers[0].database.clone();
    old_documents(&servers[0]).await;
    let (end, ended) = watch::channel(false);
    let mut pullers = JoinSet::new();
    for number in 0..WRITERS {
        let limit = [None, Some(1), Some(7), None, Some(64)][number % 5];
        pullers.spawn(pull(Arc::clone(&servers), number, limit, ended.clone()));
    }
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        writers.spawn(write(Arc::clone(&servers), number));
    }
    // They take their transaction ids in one order and commit in another.
    let slow = tokio::join!(
        write_slowly(&database, 1, Duration::from_secs(3)),
        write_slowly(&database, 2, Duration::from_secs(1)),
        write_slowly(&database, 3, Duration::from_secs(2)),
    );
    let mut replicas = writers.join_all().await;
    end.send(true).unwrap();
    replicas.extend(pullers.join_all().await);
    let mut fresh = Replica::new(COLLECTION);
    fresh.sync(&servers[0], USER, &[]).await;
    for key in [slow.0, slow.1, slow.2].concat() {
        assert!(fresh.documents().contains_key(&key), "{key} was committed");
    }
    for (number, mut replica) in replicas.into_iter().enumerate() {
        // The first ends what was a pull in the midst of its pages.
        replica.sync(&servers[number % 2], USER, &[]).await;
        replica.sync(&servers[number % 2], USER, &[]).await;
        assert_eq!(replica.documents(), fresh.documents(), "caller {number}");
        assert_eq!(
            replica.told_twice(),
            Vec::<&(String, String)>::new(),
            "caller {number}"
        );
        assert_eq!(replica.resets, 0, "caller {number}");
    }
    finish(servers).await;
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

async fn two_servers() -> Arc<[TestServer; 2]> {
    let first = TestServer::start().await;
    let second = TestServer::on(first.database.clone()).await;
    Arc::new([first, second])
}

async fn finish(servers: Arc<[TestServer; 2]>) {
    let [first, second] = Arc::into_inner(servers).expect("every caller has ended");
    second.stop().await;
    first.finish().await;
}

async fn old_documents(server: &TestServer) {
    let document = |number| {
        let revision = stamp("before", number);
        change(
            &format!("old-{number}"),
            &json!({ "by": "before" }),
            &revision,
        )
    };
    let changes: Vec<Value> = (0..OLD).map(document).collect();
    Replica::new(COLLECTION).sync(server, USER, &changes).await;
}

/// Pulls through both servers in turn until the writers have ended.
async fn pull(
    servers: Arc<[TestServer; 2]>,
    number: usize,
    limit: Option<u32>,
    ended: watch::Receiver<bool>,
) -> Replica {
    let mut replica = limit.map_or_else(
        || Replica::new(COLLECTION),
        |limit| Replica::paged(COLLECTION, limit),
    );
    let mut turn = number;
    while !*ended.borrow() {
        // One page at a time, so that pages are of different moments and servers.
        let answer = servers[turn % 2].sync(USER, replica.body(&[])).await;
        replica.apply(&answer, &[]);
        turn += 1;
    }
    replica
}

/// Pushes documents of its own and documents that all writers share, deletes some, and keeps what
/// the answers say.
async fn write(servers: Arc<[TestServer; 2]>, number: usize) -> Replica {
    let node = format!("writer-{number}");
    let mut replica = Replica::new(COLLECTION);
    for round in 0..ROUNDS {
        let doc = json!({ "by": node, "round": round });
        let mut changes = vec![
            change(&format!("{node}-{round}"), &doc, &stamp(&node, round)),
            change(
                &format!("shared-{}", (number + round) % 5),
                &doc,
                &stamp(&node, round),
            ),
        ];
        if round % 4 == 3 {
            changes.push(deletion(
                &format!("{node}-{}", round - 1),
                &stamp(&node, round),
            ));
        }
        if let Some(clock) = replica.clock().as_str() {
            for change in &mut changes {
                change["baseClock"] = clock.into();
            }
        }
        replica
            .sync(&servers[(number + round) % 2], USER, &changes)
            .await;
    }
    replica
}

/// Inserts and updates in one transaction that stays open so long, with writes at its beginning
/// and at its end. Returns the keys that it inserted.
async fn write_slowly(database: &TestDatabase, number: usize, open: Duration) -> Vec<String> {
    let mut connection = database.connect().await;
    let mut transaction = connection.begin().await.unwrap();
    let keys = [format!("slow-{number}-begin"), format!("slow-{number}-end")];
    insert(&mut transaction, &keys[0], number).await;
    update(&mut transaction, &format!("old-{number}"), number).await;
    tokio::time::sleep(open).await;
    insert(&mut transaction, &keys[1], number).await;
    update(&mut transaction, &format!("old-{}", number + 10), number).await;
    transaction.commit().await.unwrap();
    keys.into()
}

async fn insert(transaction: &mut PgConnection, key: &str, number: usize) {
    let statement = sqlx::query(
        "INSERT INTO documents (namespace_id, application, collection, key, version, revision, \
         field_revisions, content, deleted, bytes) \
         SELECT namespace_id, 'todo', $1, $2, 1, $3, '{}', '{\"by\": \"sql\"}', false, 20 \
         FROM namespaces WHERE owner_id = $4",
    );
    let statement = statement
        .bind(COLLECTION)
        .bind(key)
        .bind(stamp("sql", number))
        .bind(USER);
    assert_eq!(
        transaction
            .execute(statement)
            .await
            .unwrap()
            .rows_affected(),
        1
    );
}

async fn update(transaction: &mut PgConnection, key: &str, number: usize) {
    let statement = sqlx::query(
        "UPDATE documents SET version = version + 1, revision = $1, content = '{\"by\": \"sql\"}' \
         WHERE collection = $2 AND key = $3",
    );
    let statement = statement
        .bind(stamp("sql", number))
        .bind(COLLECTION)
        .bind(key);
    assert_eq!(
        transaction
            .execute(statement)
            .await
            .unwrap()
            .rows_affected(),
        1
    );
}
