//! How many statements a request takes does not depend on how many changes it has.

#![cfg(test)]

use serde_json::{Value, json};
use syncline_tests::{
    Replica, TestDatabase, TestServer,
    replica::{change, deletion, stamp},
    tap::Tap,
};

const USER: &str = "ada";
const COLLECTION: &str = "notes";
const SIZES: [usize; 4] = [1, 10, 100, 1000];

/// More than a request of any kind needs: begin, lock, look back, write, commit, read.
const MOST: u64 = 6;

#[tokio::test]
async fn a_request_takes_as_many_statements_for_a_thousand_changes_as_for_one() {
    let database = TestDatabase::create().await;
    let tap = Tap::on(&database);
    let server = TestServer::on(tap.database(&database)).await;
    let mut costs = Vec::new();
    for size in [&[1, 1, 1], &SIZES[..]].concat() {
        costs.push((size, costs_of(&server, &tap, size).await));
    }
    // The first requests wait for the server's own work at its start.
    let costs = &costs[3..];
    for (size, cost) in costs {
        assert_eq!(
            *cost, costs[0].1,
            "{size} changes: new, changed, conflicting, repeated, deleted"
        );
        assert!(
            cost.iter().all(|cost| (2..=MOST).contains(cost)),
            "{costs:?}"
        );
    }
    server.stop().await;
    database.drop().await;
}

/// Of 900 kB each, so that four of them are what is read at once.
const LARGE: usize = 12;

#[tokio::test]
async fn large_documents_are_read_a_few_at_a_time() {
    let database = TestDatabase::create().await;
    let tap = Tap::on(&database);
    let server = TestServer::on(tap.database(&database)).await;
    let mut writer = Replica::new(COLLECTION);
    let mut expected = Vec::new();
    for part in 0..2 * LARGE {
        let size = if part % 2 == 0 { 10 } else { 900_000 };
        let key = format!("{part:02}");
        let edit = change(
            &key,
            &json!({ "text": "x".repeat(size) }),
            &stamp("phone", 0),
        );
        writer.sync(&server, USER, &[edit]).await;
        expected.push(key);
    }
    let cost_of_large = cost(&server, &tap, &mut Replica::new(COLLECTION), &[]).await;
    let mut reader = Replica::new(COLLECTION);
    reader.sync(&server, USER, &[]).await;
    let keys: Vec<&String> = reader.documents().keys().collect();
    assert_eq!(keys, expected.iter().collect::<Vec<_>>());
    assert!((3..=MOST).contains(&cost_of_large), "{cost_of_large}");
    server.stop().await;
    database.drop().await;
}

/// Far more than a server does by itself meanwhile.
const PULLS: u64 = 200;

/// A connection that has just answered is not asked whether it is good before it is used again.
#[tokio::test]
async fn a_statement_is_one_round_trip() {
    let database = TestDatabase::create().await;
    let tap = Tap::on(&database);
    let server = TestServer::on(tap.database(&database)).await;
    let mut replica = Replica::new(COLLECTION);
    replica.sync(&server, USER, &[]).await;
    let (statements, round_trips) = (tap.count(), tap.round_trips());
    for _ in 0..PULLS {
        replica.sync(&server, USER, &[]).await;
    }
    let (statements, round_trips) = (tap.count() - statements, tap.round_trips() - round_trips);
    assert!(statements >= PULLS, "{statements}");
    assert!(
        round_trips < statements + PULLS / 2,
        "{round_trips} round trips for {statements} statements"
    );
    server.stop().await;
    database.drop().await;
}

/// The statements of requests with so many changes: to new documents, changed ones, in conflict,
/// known already, deletions.
async fn costs_of(server: &TestServer, tap: &Tap, size: usize) -> [u64; 5] {
    let (mut first, mut second) = (Replica::new(COLLECTION), Replica::new(COLLECTION));
    let keys: Vec<_> = (0..size)
        .map(|number| format!("{}-{number}", tap.count()))
        .collect();
    first.sync(server, USER, &[]).await;
    let first_edits = edits(&keys, "phone", &first);
    let new = cost(server, tap, &mut first, &first_edits).await;
    second.sync(server, USER, &[]).await;
    let next_edits = edits(&keys, "phone", &first);
    let updated = cost(server, tap, &mut first, &next_edits).await;
    // The second device has not seen the last change.
    let changes = edits(&keys, "laptop", &second);
    let mut latest = first.clone();
    let conflicting = cost(server, tap, &mut latest, &changes).await;
    let repeated = cost(server, tap, &mut latest, &changes).await;
    let deletions: Vec<_> = keys
        .iter()
        .map(|key| deletion(key, &stamp("phone", 9)))
        .collect();
    let deletions = based(deletions, &latest);
    let deleted = cost(server, tap, &mut latest, &deletions).await;
    [new, updated, conflicting, repeated, deleted]
}

fn edits(keys: &[String], node: &str, base: &Replica) -> Vec<Value> {
    let revision = stamp(node, 0);
    let edit = |key: &String| change(key, &json!({ "by": node, "at": revision }), &revision);
    based(keys.iter().map(edit).collect(), base)
}

fn based(mut changes: Vec<Value>, base: &Replica) -> Vec<Value> {
    for change in &mut changes {
        change["baseClock"] = base.clock().clone();
    }
    changes
}

/// Sends one request, whose answer is one page.
async fn cost(server: &TestServer, tap: &Tap, replica: &mut Replica, changes: &[Value]) -> u64 {
    let before = tap.count();
    let answer = server.sync(USER, replica.body(changes)).await;
    assert!(!replica.apply(&answer, changes), "the answer is whole");
    tap.count() - before
}
