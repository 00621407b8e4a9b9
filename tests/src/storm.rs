//! Who pulls, who pushes and who writes slowly, all at once: no change is ever skipped, and none
//! comes twice.

use std::{ops::Range, sync::Arc, time::Duration};

use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    Endpoint, Replica, TestDatabase,
    replica::{change, deletion, stamp},
};

const USER: &str = "ada";
const COLLECTION: &str = "notes";
const WRITERS: usize = 12;

/// Documents that exist before the storm: who writes late changes some of them.
const OLD: usize = 40;

/// Everybody writes so many rounds through `servers`, on this database. Every puller must end with
/// what a fresh pull gives.
pub async fn storm(servers: &Arc<impl Endpoint + 'static>, database: &TestDatabase, rounds: usize) {
    old_documents(&**servers).await;
    let (end, ended) = watch::channel(false);
    let mut pullers = JoinSet::new();
    for number in 0..WRITERS {
        let limit = [None, Some(1), Some(7), None, Some(64)][number % 5];
        pullers.spawn(pull(Arc::clone(servers), limit, ended.clone()));
    }
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        writers.spawn(write(Arc::clone(servers), number, rounds));
    }
    // They take their transaction ids in one order and commit in another.
    let slow = tokio::join!(
        write_slowly(database, 1, Duration::from_secs(3)),
        write_slowly(database, 2, Duration::from_secs(1)),
        write_slowly(database, 3, Duration::from_secs(2)),
    );
    let mut replicas = writers.join_all().await;
    end.send(true).expect("somebody waits");
    replicas.extend(pullers.join_all().await);
    expect_all(&**servers, replicas, &[slow.0, slow.1, slow.2].concat()).await;
}

/// The same without a push: all that is written comes from sessions of the database's own, of which
/// nobody is told. `quiet` waits until everybody can see it.
pub async fn silent_storm(
    servers: &Arc<impl Endpoint + 'static>,
    database: &TestDatabase,
    quiet: impl Future<Output = ()>,
) {
    old_documents(&**servers).await;
    let (end, ended) = watch::channel(false);
    let mut pullers = JoinSet::new();
    for number in 0..WRITERS / 2 {
        let limit = [None, Some(7), Some(1)][number % 3];
        pullers.spawn(pull(Arc::clone(servers), limit, ended.clone()));
    }
    let keys = tokio::join!(
        write_in_turn(database, 1..2, Duration::from_secs(3)),
        write_in_turn(database, 2..10, Duration::from_millis(400)),
        write_in_turn(database, 10..30, Duration::from_millis(100)),
    );
    end.send(true).expect("somebody waits");
    quiet.await;
    let replicas = pullers.join_all().await;
    expect_all(&**servers, replicas, &[keys.0, keys.1, keys.2].concat()).await;
}

/// One late transaction after the other.
async fn write_in_turn(
    database: &TestDatabase,
    numbers: Range<usize>,
    open: Duration,
) -> Vec<String> {
    let mut keys = Vec::new();
    for number in numbers {
        keys.extend(write_slowly(database, number, open).await);
    }
    keys
}

/// Everybody has everything, these documents too, and was told of nothing twice.
async fn expect_all(servers: &impl Endpoint, replicas: Vec<Replica>, keys: &[String]) {
    let mut fresh = Replica::new(COLLECTION);
    fresh.sync(servers, USER, &[]).await;
    for key in keys {
        assert!(fresh.documents().contains_key(key), "{key} was committed");
    }
    for (number, mut replica) in replicas.into_iter().enumerate() {
        // The first ends what was a pull in the midst of its pages.
        replica.sync(servers, USER, &[]).await;
        replica.sync(servers, USER, &[]).await;
        assert_eq!(replica.documents(), fresh.documents(), "caller {number}");
        assert_eq!(
            replica.told_twice(),
            Vec::<&(String, String)>::new(),
            "caller {number}"
        );
        assert_eq!(replica.resets, 0, "caller {number}");
    }
}

async fn old_documents(server: &impl Endpoint) {
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

/// Pulls through all servers until the writers have ended.
async fn pull(
    servers: Arc<impl Endpoint>,
    limit: Option<u32>,
    ended: watch::Receiver<bool>,
) -> Replica {
    let mut replica = limit.map_or_else(
        || Replica::new(COLLECTION),
        |limit| Replica::paged(COLLECTION, limit),
    );
    while !*ended.borrow() {
        // One page at a time, so that pages are of different moments and servers.
        let answer = servers.sync(USER, replica.body(&[])).await;
        replica.apply(&answer, &[]);
    }
    replica
}

/// Pushes documents of its own and documents that all writers share, deletes some, and keeps what
/// the answers say.
async fn write(servers: Arc<impl Endpoint>, number: usize, rounds: usize) -> Replica {
    let node = format!("writer-{number}");
    let mut replica = Replica::new(COLLECTION);
    for round in 0..rounds {
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
        replica.sync(&*servers, USER, &changes).await;
    }
    replica
}

/// Inserts and updates in one transaction that stays open so long, with writes at its beginning
/// and at its end. Returns the keys that it inserted.
async fn write_slowly(database: &TestDatabase, number: usize, open: Duration) -> Vec<String> {
    let mut connection = database.connect().await;
    let mut transaction = connection.begin().await.expect("the database does it");
    let keys = [format!("slow-{number}-begin"), format!("slow-{number}-end")];
    insert(&mut transaction, &keys[0], number).await;
    update(&mut transaction, &format!("old-{number}"), number).await;
    tokio::time::sleep(open).await;
    insert(&mut transaction, &keys[1], number).await;
    update(&mut transaction, &format!("old-{}", number + 10), number).await;
    transaction.commit().await.expect("the database does it");
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
            .expect("the database does it")
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
            .expect("the database does it")
            .rows_affected(),
        1
    );
}
