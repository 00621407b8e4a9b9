//! What a server has not heard of, or has only just heard of, and the standby does not have yet.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use syncline_domain::hlc::UnixMillis;
use syncline_tests::{
    Replica, TestServer, first_sync,
    replica::now,
    server::{answer, token_at},
};
use tokio::time::{sleep, timeout};

use crate::support::{COLLECTION, Pair, USER, push};

/// Stops whatever serves the connections on which the server hears and tells. They stay open.
const DEAFEN: &str = "
    kill -STOP $(psql -At --command=\"SELECT pid FROM pg_stat_activity \
        WHERE application_name = 'syncline live'\" app)";

const PAUSE: &str = "psql --quiet --command='SELECT pg_wal_replay_pause()' app";

/// The longest that a server may go on without hearing, and what a loaded machine takes besides.
const LONGEST: Duration = Duration::from_secs(6);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_primary_answers_for_who_hears_nothing() {
    let pair = Pair::start().await;
    let (mut laptop, mut phone) = (Replica::new(COLLECTION), Replica::new(COLLECTION));
    push(&pair.server, &mut laptop, "1").await;
    pair.is_used().await;
    phone.sync(&pair.server, USER, &[]).await;

    pair.primary.run(DEAFEN);
    let primary_answers = async {
        loop {
            let (before, _) = pair.pages().await;
            phone.sync(&pair.server, USER, &[]).await;
            if pair.pages().await.0 == before {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let answered = timeout(LONGEST, primary_answers).await;
    answered.expect("the standby goes on answering though nothing is heard");

    // As who was told of it by another server.
    let other = TestServer::on(pair.server.database.clone()).await;
    pair.standby.run(PAUSE);
    push(&other, &mut laptop, "2").await;
    phone.sync(&pair.server, USER, &[]).await;
    assert_eq!(phone.documents(), laptop.documents());
    other.stop().await;
    pair.server.stop().await;
}

/// The standby would still show it to whoever comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_deleted_account_had_is_shown_to_nobody() {
    let pair = Pair::start().await;
    push(&pair.server, &mut Replica::new(COLLECTION), "1").await;
    pair.level().await;
    pair.is_used().await;
    pair.standby.run(PAUSE);
    let request = pair.server.request(Method::DELETE, "/account");
    let deleted = answer(request.bearer_auth(pair.server.token(USER))).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.body);
    let later = token_at(USER, UnixMillis(now().0 + 1_000));
    for _ in 0..10 {
        let request = pair.server.request(Method::POST, "/todo/sync");
        let pull = request.bearer_auth(&later).json(&first_sync(COLLECTION));
        let pulled = answer(pull).await;
        assert_eq!(pulled.status, StatusCode::OK, "{}", pulled.body);
        assert_eq!(pulled.body["serverChanges"], json!([]));
    }
    pair.server.stop().await;
}
