//! Deletions while devices go on writing.

use std::collections::BTreeSet;

use futures::future::{join, join_all};
use reqwest::{Method, StatusCode};
use serde_json::json;
use syncline_tests::{
    TestServer,
    replica::{change, stamp},
    server::answer,
    traces::tables_with,
};

use crate::world::{PERSON, delete_account, is};

const DEVICES: usize = 6;
const ROUNDS: usize = 8;

/// Pushes with one token until it is refused.
async fn push_on(server: &TestServer, token: &str, device: usize) {
    for round in 0.. {
        let node = format!("device{device}");
        let key = format!("zx81-{device}-{}", round % 4);
        let changes = [change(&key, &json!({ "n": round }), &stamp(&node, round))];
        let body = json!({ "collection": "notes", "changes": changes });
        let request = server.request(Method::POST, "/todo/sync");
        let answer = answer(request.bearer_auth(token).json(&body)).await;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => return,
            _ => panic!("{}", answer.body),
        }
    }
}

/// Whatever a push does when the account goes, nothing of it is left.
#[tokio::test]
async fn no_push_outlives_the_account() {
    for round in 0..ROUNDS {
        let server = TestServer::start().await;
        let other = TestServer::on(server.database.clone()).await;
        let token = server.token(PERSON);
        let devices = (0..DEVICES).map(|device| {
            let server = if device % 2 == 0 { &server } else { &other };
            push_on(server, &token, device)
        });
        let delete = async {
            // At another moment each time, the first before anybody has written.
            tokio::time::sleep(std::time::Duration::from_millis(20 * round as u64)).await;
            delete_account(&server, PERSON).await
        };
        let (_, deleted) = join(join_all(devices), delete).await;
        is(&deleted, StatusCode::NO_CONTENT);
        assert_eq!(tables_with(&server.database, "zx81").await, BTreeSet::new());
        let mut connection = server.database.connect().await;
        let orphans: i64 = sqlx::query_scalar("SELECT count(*) FROM documents")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(orphans, 0);
        other.stop().await;
        server.finish().await;
    }
}
