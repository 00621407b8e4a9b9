//! Three real servers on one database; each request goes to the next of them.

use std::sync::Arc;

use syncline_tests::{
    TestDatabase,
    replicas::Replicas,
    simulation::{Plan, simulate},
    storm::storm,
};

const SERVERS: usize = 3;
const SEEDS: u64 = 6;
const ROUNDS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_is_skipped_across_replicas() {
    let database = TestDatabase::create().await;
    let replicas = Replicas::start(&database, SERVERS);
    storm(&Arc::new(replicas.in_turn()), &database, ROUNDS).await;
    drop(replicas);
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_converge_across_replicas() {
    let database = TestDatabase::create().await;
    let replicas = Replicas::start(&database, SERVERS);
    let servers = Arc::new(replicas.in_turn());
    for plan in [Plan::Everything, Plan::WithPredecessors, Plan::Lines] {
        simulate(&servers, plan, SEEDS).await;
    }
    drop(replicas);
    database.drop().await;
}
