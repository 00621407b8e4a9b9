use std::sync::Arc;

use syncline_tests::{
    TestDatabase, TestServer,
    pooler::Pooler,
    simulation::{Plan, simulate},
    storm::storm,
};
use tokio::task::JoinSet;

use crate::support::{live_a_life, refusal};

/// So few that no client has one for itself.
const SESSIONS: u32 = 2;

const SEEDS: u64 = 4;
const ROUNDS: usize = 4;
const LIVES: usize = 12;

/// Were statements that belong together given to different sessions, some would find that what they
/// need was never prepared, or prepared by others, or that there are no tables.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_through_a_pooler_in_transaction_mode() {
    let database = TestDatabase::create().await;
    let pooler = Pooler::before(&database, SESSIONS).await;
    let direct = format!("databaseDirectUrl = \"{}\"", database.url());
    let server = TestServer::with(pooler.database(&database), &direct).await;
    let server = Arc::new(server);
    let mut lives = JoinSet::new();
    for number in 0..LIVES {
        let server = Arc::clone(&server);
        lives.spawn(async move { live_a_life(&server, &format!("user-{number}")).await });
    }
    tokio::join!(
        storm(&server, &database, ROUNDS),
        simulate(&server, Plan::Everything, SEEDS),
        lives.join_all(),
    );
    let sessions = sessions(&database).await;
    // And one that listens, and one that tells.
    let most = i64::from(SESSIONS) + 2;
    assert!((2..=most).contains(&sessions), "{sessions} sessions");
    let server = Arc::into_inner(server).unwrap();
    server.stop().await;
    drop(pooler);
    database.drop().await;
}

#[tokio::test]
async fn a_pooler_without_a_way_around_it_is_refused_with_advice() {
    let database = TestDatabase::create().await;
    let pooler = Pooler::before(&database, SESSIONS).await;
    let error = refusal(&["serve"], &pooler.database(&database).url());
    assert!(error.contains("SYNCLINE_DATABASE_DIRECT_URL"), "{error}");
    drop(pooler);
    database.drop().await;
}

/// How many sessions the server has at PostgreSQL.
async fn sessions(database: &TestDatabase) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = 'syncline'",
    )
    .fetch_one(&mut database.connect().await)
    .await
    .unwrap()
}
