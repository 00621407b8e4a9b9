//! A server that is told to stop finishes what runs.

#![cfg(test)]

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection, Postgres, Transaction};
use syncline_tests::{
    process::Process,
    replica::{change, stamp},
};
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinHandle};

const USER: &str = "ada";

/// Far more than stopping takes when nothing runs, and less than the server waits for what does.
const PATIENCE: Duration = Duration::from_secs(15);

fn body(number: usize) -> Value {
    let change = change("one", &json!({ "number": number }), &stamp("test", number));
    json!({ "collection": "notes", "changes": [change] })
}

/// A server one of whose requests waits for a row that `holder` keeps.
async fn with_a_request_under_way<'a>(
    holder: &'a mut PgConnection,
    process: &Arc<Process>,
) -> (Transaction<'a, Postgres>, JoinHandle<Option<Value>>) {
    let mut holding = holder.begin().await.unwrap();
    holding
        .execute("SELECT FROM documents FOR UPDATE")
        .await
        .unwrap();
    let asking = Arc::clone(process);
    let answer = tokio::spawn(async move { asking.post(USER, &body(1)).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    (holding, answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_is_finished_and_nothing_new_begins() {
    let process = Arc::new(Process::start());
    assert!(process.post(USER, &body(0)).await.is_some());
    let mut holder = process.connect().await;
    let (holding, answer) = with_a_request_under_way(&mut holder, &process).await;
    process.tell("TERM");
    while process.post("bob", &body(0)).await.is_some() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!answer.is_finished(), "the request was cut off");
    holding.commit().await.unwrap();
    let answer = answer.await.unwrap().expect("the request is answered");
    assert_eq!(answer["serverChanges"][0]["number"], 1);
    let mut process = Arc::into_inner(process).unwrap();
    assert!(process.end(PATIENCE).await.success());
    assert_eq!(process.warnings(), "");
}

/// Nobody knows whether the rest will ever come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_has_not_come_whole_is_not_waited_for() {
    let mut process = Process::start();
    let mut stream = TcpStream::connect(process.address()).await.unwrap();
    let beginning = b"GET /health HTTP/1.1\r\nHost: localhost\r\n";
    stream.write_all(beginning).await.unwrap();
    // The server answers others after it has read that.
    assert!(process.post(USER, &body(0)).await.is_some());
    process.tell("TERM");
    assert!(process.end(PATIENCE).await.success());
    assert_eq!(process.warnings(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_it_at_once() {
    let process = Arc::new(Process::start());
    assert!(process.post(USER, &body(0)).await.is_some());
    let mut holder = process.connect().await;
    let (_holding, answer) = with_a_request_under_way(&mut holder, &process).await;
    process.tell("INT");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!answer.is_finished(), "the request was cut off");
    process.tell("INT");
    assert_eq!(answer.await.unwrap(), None);
    let mut process = Arc::into_inner(process).unwrap();
    assert_eq!(process.end(PATIENCE).await.code(), Some(1));
    assert!(process.has_database());
    let log = process.warnings();
    assert!(log.contains("is adopted by the next start"), "{log}");
}
