//! A standby that is behind, promoted or gone: the primary answers.

use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::Executor;
use syncline_tests::{Replica, postgresql::START, server::answer};

use crate::support::{COLLECTION, Pair, USER, push, until};

const READER: &str = "grace";

/// Stops the standby's postmaster, and whoever serves its connections.
const HANG: &str = "
    head -n 1 \"$PGDATA/postmaster.pid\" >processes
    psql -At --command=\"SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' \
        AND pid <> pg_backend_pid()\" app >>processes
    kill -STOP $(cat processes)";

const GO_ON: &str = "kill -CONT $(cat processes)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_primary_answers_who_has_seen_more_than_the_standby() {
    let pair = Pair::start().await;
    let (mut laptop, mut phone) = (Replica::new(COLLECTION), Replica::new(COLLECTION));
    push(&pair.server, &mut laptop, "1").await;
    phone.sync(&pair.server, USER, &[]).await;
    pair.is_used().await;

    pair.standby
        .run("psql --quiet --command='SELECT pg_wal_replay_pause()' app");
    push(&pair.server, &mut laptop, "2").await;
    laptop.sync(&pair.server, USER, &[]).await;
    until("the other device hears of it", async || {
        phone.sync(&pair.server, USER, &[]).await;
        phone.documents() == laptop.documents()
    })
    .await;
    for _ in 0..20 {
        phone.sync(&pair.server, USER, &[]).await;
        laptop.sync(&pair.server, USER, &[]).await;
    }
    pair.standby
        .run("psql --quiet --command='SELECT pg_wal_replay_resume()' app");
    pair.is_used().await;
    push(&pair.server, &mut laptop, "3").await;

    pair.standby.run("pg_ctl promote --silent");
    push(&pair.server, &mut laptop, "4").await;
    until("the other device hears of both", async || {
        phone.sync(&pair.server, USER, &[]).await;
        phone.documents() == laptop.documents()
    })
    .await;
    for replica in [laptop, phone] {
        assert_eq!(replica.documents().len(), 4);
        assert!(replica.told_twice().is_empty());
        assert_eq!(replica.resets, 0);
    }
    pair.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_is_gone_is_not_missed_and_used_again() {
    let pair = Pair::start().await;
    let mut laptop = Replica::new(COLLECTION);
    push(&pair.server, &mut laptop, "1").await;
    pair.is_used().await;
    // It hangs.
    pair.standby.run(HANG);
    for _ in 0..20 {
        // Answered, though nothing has it go on.
        laptop.sync(&pair.server, USER, &[]).await;
    }
    pair.standby.run(GO_ON);
    pair.is_used().await;
    pair.standby.run("pg_ctl stop --silent --mode=immediate");
    for _ in 0..20 {
        laptop.sync(&pair.server, USER, &[]).await;
    }
    push(&pair.server, &mut laptop, "2").await;
    pair.standby.run(START);
    pair.is_used().await;
    laptop.sync(&pair.server, USER, &[]).await;
    assert_eq!(laptop.documents().len(), 2);
    assert!(laptop.told_twice().is_empty());
    pair.server.stop().await;
}

/// The standby would still show it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_back_is_shown_to_nobody_from_then_on() {
    let pair = Pair::start().await;
    push(&pair.server, &mut Replica::new(COLLECTION), "1").await;
    share_with_reader(&pair).await;
    let mut before = Replica::new(COLLECTION);
    before.sync(&pair.server, READER, &[]).await;
    assert_eq!(before.documents().len(), 1);
    pair.level().await;
    pair.is_used().await;
    let (used, _) = pair.pages().await;
    pair.standby
        .run("psql --quiet --command='SELECT pg_wal_replay_pause()' app");
    // As another server does, of which this one has not heard.
    let mut connection = pair.server.database.connect().await;
    let revoke = "UPDATE routes SET revoked = true, tx = pg_current_xact_id()";
    connection.execute(revoke).await.unwrap();
    for _ in 0..10 {
        let mut fresh = Replica::new(COLLECTION);
        fresh.sync(&pair.server, READER, &[]).await;
        assert!(fresh.documents().is_empty(), "a revoked share is shown");
    }
    assert!(pair.pages().await.0 > used, "the standby answered nobody");
    pair.standby
        .run("psql --quiet --command='SELECT pg_wal_replay_resume()' app");
    until("the device hears of it", async || {
        let answer = pair.server.sync(READER, before.body(&[])).await;
        answer["serverChanges"][0]["_removed"] == true
    })
    .await;
    pair.server.stop().await;
}

async fn share_with_reader(pair: &Pair) {
    let path = format!("/docIndex/todo/1?collection={COLLECTION}");
    let request = pair.server.request(Method::PATCH, &path);
    let request = request.bearer_auth(pair.server.token(USER));
    let shared = json!({ "sharedWith": [{ "userId": READER, "access": "read" }] });
    let shared = answer(request.json(&shared)).await;
    assert_eq!(shared.status, StatusCode::OK, "{}", shared.body);
}
