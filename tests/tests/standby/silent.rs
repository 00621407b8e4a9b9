//! Nobody is told of what sessions of the database's own write: pulls are answered by the standby
//! while transactions begin and end there in any order.

use std::sync::Arc;

use syncline_tests::{endpoint::RoundRobin, storm::silent_storm};

use crate::support::Pair;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_skipped_and_nothing_comes_twice() {
    let pair = Pair::start().await;
    pair.is_used().await;
    let (before, _) = pair.pages().await;
    let servers = Arc::new(RoundRobin::over(vec![pair.server.url("")]));
    Box::pin(silent_storm(&servers, &pair.server.database, pair.level())).await;
    let (standby, instead) = pair.pages().await;
    assert!(standby > before, "the standby answered nobody");
    assert!(instead > 0, "long transactions concerned nobody");
    pair.server.stop().await;
}
