//! Everything happens at once that can, and a model judges what comes of it.
//!
//! `docs/faults.md` tells what is simulated, what is judged, and how to run more of it.

#![cfg(test)]

use syncline_tests::faults::{Blows, drive, simulate};

/// Seeds that failed once.
const KEPT: [u64; 0] = [];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_network_fails() {
    let tally = simulate(Blows::Network, 100, &KEPT).await;
    println!("{tally:?}");
    assert!(
        tally.cuts > 0 && tally.repeats > 0 && tally.edits > 0,
        "{tally:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_and_clients_are_killed() {
    let tally = simulate(Blows::Servers, 10, &KEPT).await;
    println!("{tally:?}");
    assert!(tally.kills > 0 && tally.deaths > 0, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_is_killed() {
    let tally = simulate(Blows::Database, 5, &KEPT).await;
    println!("{tally:?}");
    assert!(tally.kills > 0, "{tally:?}");
}

/// The Rust clients, which another test runs as a process of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "another test runs it as a process of its own"]
async fn child() {
    drive().await;
}
