//! What was answered is there after the server or its PostgreSQL was killed, what was not can be
//! sent again, and cursors from before miss nothing.

#![cfg(test)]

use std::sync::Arc;

use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use syncline_client::{CollectionName, DocumentId, Node, SyncClient};
use syncline_tests::{
    Replica,
    process::Process,
    replica::{change, now, stamp},
};
use tokio::{
    sync::watch::{self, Receiver, Sender},
    task::JoinSet,
};

const USER: &str = "ada";
const COLLECTION: &str = "notes";
const WRITERS: usize = 5;
const EDITORS: usize = 3;
const PULLERS: usize = 4;

/// The document into which editors insert lines.
const TEXT: &str = "text";

/// How many pushes are answered before the blow.
const ANSWERED: usize = 100;

/// How often it is tried to strike amid pushes: many are answered at once, and then none is under way.
const BLOWS: usize = 10;

/// A push, and the revision that its answer gave it; none if no answer came.
struct Push {
    body: Value,
    revision: Option<Value>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_answered_push() {
    survives(Process::kill_server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_database_loses_no_answered_push() {
    survives(Process::kill_database).await;
}

async fn survives(blow: fn(&Process)) {
    for _ in 0..BLOWS {
        if survives_amid_pushes(blow).await {
            return;
        }
    }
    panic!("no blow came amid pushes");
}

/// Returns whether the blow came amid pushes.
async fn survives_amid_pushes(blow: fn(&Process)) -> bool {
    let process = Arc::new(Process::start());
    let editors = editors(&process).await;
    let (answered, mut count) = watch::channel(0);
    let (mut writing, mut editing, mut pulling) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
    for number in 0..WRITERS {
        writing.spawn(write(Arc::clone(&process), number, answered.clone()));
    }
    for editor in editors {
        editing.spawn(insert_lines(Arc::clone(&process), editor));
    }
    for number in 0..PULLERS {
        pulling.spawn(pull(Arc::clone(&process), [None, Some(5)][number % 2]));
    }
    let aborting = tokio::spawn(abort(process.connect().await, count.clone()));
    count.wait_for(|count| *count >= ANSWERED).await.unwrap();
    blow(&process);
    answered.send(usize::MAX).unwrap();
    let pushes: Vec<Push> = writing.join_all().await.into_iter().flatten().collect();
    let editors = editing.join_all().await;
    let pullers = pulling.join_all().await;
    aborting.await.unwrap();
    let mut process = Arc::into_inner(process).expect("the storm is over");
    process.restart();
    answered_pushes_are_there(&process, &pushes).await;
    resent_pushes_change_nothing_twice(&process, &pushes).await;
    every_line_is_there_once(&process, editors).await;
    pullers_miss_nothing(&process, pullers).await;
    pushes.iter().any(|push| push.revision.is_none())
}

async fn answered_pushes_are_there(process: &Process, pushes: &[Push]) {
    let states = states(process).await;
    for push in pushes.iter().filter(|push| push.revision.is_some()) {
        assert_eq!(
            revision(&states, push),
            push.revision.as_ref(),
            "{}",
            push.body
        );
    }
}

async fn resent_pushes_change_nothing_twice(process: &Process, pushes: &[Push]) {
    let before = states(process).await;
    for push in pushes {
        process
            .post(USER, &push.body)
            .await
            .expect("the server answers again");
    }
    let after = states(process).await;
    for push in pushes {
        let (before, after) = (revision(&before, push), revision(&after, push));
        assert!(after.is_some(), "{} is stored", push.body);
        assert!(
            before.is_none() || before == after,
            "{} was stored before",
            push.body
        );
    }
}

/// The device goes on where it was, whether or not its last push arrived.
async fn every_line_is_there_once(process: &Process, editors: Vec<(SyncClient, usize)>) {
    let mut expected = Vec::new();
    for (mut client, lines) in editors {
        assert!(sync(process, &mut client).await, "the server answers again");
        expected.extend((0..lines).map(|line| format!("{} {line}", client.node().as_str())));
    }
    let states = states(process).await;
    let text = states.iter().find(|state| state["_key"] == TEXT).unwrap()["text"].as_str();
    let mut lines: Vec<_> = text.unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    expected.sort();
    assert_eq!(lines, expected);
}

async fn pullers_miss_nothing(process: &Process, pullers: Vec<Replica>) {
    let mut fresh = Replica::new(COLLECTION);
    assert!(pull_all(process, &mut fresh).await);
    for mut replica in pullers {
        // The first ends what was a pull in the midst of its pages.
        assert!(pull_all(process, &mut replica).await);
        assert!(pull_all(process, &mut replica).await);
        assert_eq!(replica.documents(), fresh.documents());
        assert_eq!((replica.told_twice(), replica.resets), (Vec::new(), 0));
    }
}

/// Ids of transactions that were aborted shortly before a crash are given to others after it.
#[tokio::test]
async fn a_puller_misses_nothing_when_ids_are_given_again() {
    let mut process = Process::start();
    // Nothing is written to disk but what is committed.
    process
        .connect()
        .await
        .execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        .await
        .unwrap();
    // A writer that is told of it while it runs may hear it late.
    process.kill_database();
    process.restart();
    let mut connection = process.connect().await;
    push(&process, "before").await;
    for _ in 0..10 {
        abort_once(&mut connection).await.unwrap();
    }
    let mut replica = Replica::new(COLLECTION);
    assert!(pull_all(&process, &mut replica).await);
    let seen = next_transaction(&mut connection).await;
    process.kill_database();
    process.restart();
    let next = next_transaction(&mut process.connect().await).await;
    assert!(next < seen, "ids from {next} to {seen} are given again");
    push(&process, "after").await;
    assert!(pull_all(&process, &mut replica).await);
    assert_eq!(
        replica.documents().keys().collect::<Vec<_>>(),
        ["after", "before"]
    );
    assert_eq!((replica.told_twice(), replica.resets), (Vec::new(), 0));
}

async fn push(process: &Process, key: &str) {
    let push = change(key, &json!({ "by": "test" }), &stamp("test", 0));
    let body = Replica::new(COLLECTION).body(&[push]);
    process
        .post(USER, &body)
        .await
        .expect("the push is answered");
}

async fn next_transaction(connection: &mut PgConnection) -> i64 {
    let query = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
    sqlx::query_scalar(query)
        .fetch_one(connection)
        .await
        .unwrap()
}

/// Clients that all have the text, into which nobody has written.
async fn editors(process: &Process) -> Vec<SyncClient> {
    let client = |number| {
        let node = Node::new(&format!("editor-{number}")).unwrap();
        SyncClient::new(CollectionName::new(COLLECTION).unwrap(), node)
    };
    let mut editors: Vec<_> = (0..EDITORS).map(client).collect();
    let empty = json!({ "text": "" }).as_object().unwrap().clone();
    editors[0]
        .edit(&DocumentId::own(TEXT).unwrap(), &empty, now())
        .unwrap();
    for editor in &mut editors {
        assert!(sync(process, editor).await);
    }
    editors
}

/// Inserts a line and syncs, over and over, until the blow. Returns how many lines it made.
async fn insert_lines(process: Arc<Process>, mut client: SyncClient) -> (SyncClient, usize) {
    let id = DocumentId::own(TEXT).unwrap();
    let mut lines = 0;
    loop {
        let mut document = client.get(&id).unwrap();
        let text = document["text"].as_str().unwrap();
        let line = format!("{text}{} {lines}\n", client.node().as_str());
        document.insert("text".to_owned(), line.into());
        client.edit(&id, &document, now()).unwrap();
        lines += 1;
        if !sync(&process, &mut client).await || process.is_struck() {
            return (client, lines);
        }
    }
}

/// Returns whether every answer came.
async fn sync(process: &Process, client: &mut SyncClient) -> bool {
    loop {
        let body = serde_json::to_value(client.begin_sync().unwrap()).unwrap();
        let Some(answer) = process.post(USER, &body).await else {
            client.abandon();
            return false;
        };
        let applied = client
            .apply(serde_json::from_value(answer).unwrap(), now())
            .unwrap();
        if !applied.has_more {
            return true;
        }
    }
}

/// Pushes one document after the other until the blow.
async fn write(process: Arc<Process>, number: usize, answered: Sender<usize>) -> Vec<Push> {
    let node = format!("writer-{number}");
    let (mut replica, mut pushes) = (Replica::new(COLLECTION), Vec::new());
    loop {
        let count = pushes.len();
        let doc = json!({ "by": node, "number": count });
        let changes = [change(
            &format!("{node}-{count}"),
            &doc,
            &stamp(&node, count),
        )];
        let body = replica.body(&changes);
        let Some(answer) = process.post(USER, &body).await else {
            pushes.push(Push {
                body,
                revision: None,
            });
            return pushes;
        };
        replica.apply(&answer, &changes);
        pushes.push(Push {
            body,
            revision: Some(answer["accepted"][0]["rev"].clone()),
        });
        answered.send_modify(|count| *count = count.saturating_add(1));
        if process.is_struck() {
            return pushes;
        }
    }
}

/// Pulls until the blow.
async fn pull(process: Arc<Process>, limit: Option<u32>) -> Replica {
    let mut replica = limit.map_or_else(
        || Replica::new(COLLECTION),
        |limit| Replica::paged(COLLECTION, limit),
    );
    while pull_all(&process, &mut replica).await && !process.is_struck() {}
    replica
}

/// Returns whether every answer came.
async fn pull_all(process: &Process, replica: &mut Replica) -> bool {
    loop {
        let Some(answer) = process.post(USER, &replica.body(&[])).await else {
            return false;
        };
        if !replica.apply(&answer, &[]) {
            return true;
        }
    }
}

/// Begins transactions that write and are taken back, until the storm is over.
async fn abort(mut connection: PgConnection, count: Receiver<usize>) {
    while *count.borrow() < usize::MAX {
        if abort_once(&mut connection).await.is_err() {
            return;
        }
    }
}

async fn abort_once(connection: &mut PgConnection) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    let insert = "INSERT INTO namespaces (kind, owner_id) VALUES ('personal', 'nobody')";
    transaction.execute(insert).await?;
    transaction.rollback().await
}

/// Every document, as a fresh pull gives it.
async fn states(process: &Process) -> Vec<Value> {
    let body = Replica::new(COLLECTION).body(&[]);
    let answer = process
        .post(USER, &body)
        .await
        .expect("the server answers again");
    answer["serverChanges"].as_array().unwrap().clone()
}

fn revision<'s>(states: &'s [Value], push: &Push) -> Option<&'s Value> {
    let key = &push.body["changes"][0]["key"];
    Some(&states.iter().find(|state| state["_key"] == *key)?["_rev"])
}
