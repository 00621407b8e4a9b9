//! A standby takes over that lacks the last commits.

use std::{os::unix::fs::symlink, time::Duration};

use reqwest::StatusCode;
use syncline_tests::{Postgresql, TestDatabase, TestServer, first_sync, postgresql::options_at};
use tokio::time::{Instant, sleep};

use crate::{
    devices::{Devices, PATIENCE, comes_back, server},
    guide::commands,
    rows::rows,
};

/// Leads to nobody.
const CUT_OFF: &str = "
    psql --quiet --command=\"ALTER SYSTEM SET primary_conninfo = ''\" app
    pg_ctl reload --silent";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_go_on_with_a_standby_that_lacks_the_last_commits() {
    let primary = Postgresql::start("");
    primary.run("createdb app");
    let standby = standby_of(&primary);
    // What an address that moves is to others.
    let folder = tempfile::tempdir().unwrap();
    let address = folder.path().join("address");
    symlink(primary.socket(), &address).unwrap();
    let database = TestDatabase::at(options_at(&address, "app"));
    let (first, second) = (server(database.clone()).await, server(database).await);

    let mut devices = Devices::before(&first).await;
    until_level(&primary, &standby).await;
    standby.run(CUT_OFF);
    until(&standby, "SELECT count(*) FROM pg_stat_wal_receiver", "0").await;
    devices.later(&second).await;
    primary.run("pg_ctl stop --silent --mode=immediate");
    std::fs::remove_file(&address).unwrap();
    symlink(standby.socket(), &address).unwrap();
    nobody_is_answered_by_a_standby(&second).await;
    let before = rows(&mut standby.database("app").connect().await).await;
    standby.run(commands("Then, at the standby:"));
    comes_back(&first).await;
    let after = rows(&mut standby.database("app").connect().await).await;
    assert_eq!(after, before, "its transactions go on where they were");
    devices.after(&first).await;
    let answer = second.post_sync("bob", "todo", &first_sync("notes")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    first.stop().await;
    second.stop().await;
}

/// A standby, made by the commands of the guide.
fn standby_of(primary: &Postgresql) -> Postgresql {
    let standby = Postgresql::place();
    let address = [("PRIMARY_URL", primary.database("app").url())];
    let mut commands = commands("A standby is made").lines();
    standby.run_with(commands.next().unwrap(), &address);
    // On this machine it needs a socket of its own.
    standby.configure("");
    standby.run(commands.next().unwrap());
    standby
}

async fn until_level(primary: &Postgresql, standby: &Postgresql) {
    let written = primary.answer("SELECT pg_current_wal_flush_lsn()", "app");
    let is_level = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
    until(standby, &is_level, "t").await;
}

/// Waits until a query has this answer.
async fn until(cluster: &Postgresql, query: &str, answer: &str) {
    let begin = Instant::now();
    while cluster.answer(query, "app") != answer {
        assert!(begin.elapsed() < PATIENCE, "{query} is not {answer}");
        sleep(Duration::from_millis(100)).await;
    }
}

/// It does not know which transactions are in progress, so that its answers would skip some.
async fn nobody_is_answered_by_a_standby(server: &TestServer) {
    for _ in 0..8 {
        let answer = server.post_sync("bob", "todo", &first_sync("notes")).await;
        assert_eq!(
            answer.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{}",
            answer.body
        );
        sleep(Duration::from_millis(200)).await;
    }
}
