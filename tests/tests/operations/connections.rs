//! A server that may have few connections to its database.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use reqwest::{Method, StatusCode};
use serde_json::json;
use syncline_tests::{
    TestDatabase, TestServer,
    replica::{change, stamp},
};
use tokio::task::JoinSet;

/// As few as it may have.
const FEW: &str = "limits.databaseConnections = 2";

/// How many devices there are, each of which has one request after the other.
const DEVICES: usize = 12;
const ROUNDS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_connections_are_enough_for_whatever_many_do_at_once() {
    let database = TestDatabase::create().await;
    let server = Arc::new(TestServer::with(TestDatabase::at(database.options()), FEW).await);
    let mut devices = JoinSet::new();
    for device in 0..DEVICES {
        let server = Arc::clone(&server);
        devices.spawn(async move { use_everything(&server, &format!("user-{device}")).await });
    }
    devices.join_all().await;
    Arc::into_inner(server).unwrap().stop().await;
    database.drop().await;
}

/// How many devices pull without a pause, how often, and how many answers of others each of them waits for
/// at most: ten rounds of all.
const PULLERS: usize = 40;
const PULLS: usize = 40;
const MOST_OTHERS: usize = 10 * PULLERS;

/// What comes back goes to whoever has waited longest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_while_others_have_many_turns() {
    let database = TestDatabase::create().await;
    let server = Arc::new(TestServer::with(TestDatabase::at(database.options()), FEW).await);
    for number in 0..2 {
        let key = format!("key-{number}");
        let change = change(&key, &json!({ "number": number }), &stamp("ada", number));
        let push = json!({ "collection": "notes", "protocol": 2, "changes": [change] });
        server.sync("ada", push).await;
    }
    let answers = Arc::new(AtomicUsize::new(0));
    let mut pulling = JoinSet::new();
    for _ in 0..PULLERS {
        let (server, answers) = (Arc::clone(&server), Arc::clone(&answers));
        pulling.spawn(async move { most_answers_of_others(&server, &answers).await });
    }
    let most = pulling.join_all().await.into_iter().max();
    assert!(most < Some(MOST_OTHERS), "{most:?}");
    Arc::into_inner(server).unwrap().stop().await;
    database.drop().await;
}

/// Pulls the first page again and again, each a statement of its own.
async fn most_answers_of_others(server: &TestServer, answers: &AtomicUsize) -> usize {
    let mut most = 0;
    for _ in 0..PULLS {
        let before = answers.load(Ordering::SeqCst);
        let pull = json!({ "collection": "notes", "protocol": 2, "changes": [], "limit": 1 });
        let answer = server.sync("ada", pull).await;
        assert_eq!(answer["hasMore"], true);
        most = most.max(answers.fetch_add(1, Ordering::SeqCst) - before);
    }
    most
}

/// Pushes, pulls, reads and searches, each of which holds a connection in its own way.
async fn use_everything(server: &TestServer, user: &str) {
    for round in 0..ROUNDS {
        let change = change("one", &json!({ "round": round }), &stamp(user, round));
        let push = json!({ "collection": "notes", "protocol": 2, "changes": [change] });
        let answer = server.sync(user, push).await;
        assert_eq!(answer["serverChanges"][0]["round"], round);
        for (method, path) in [
            (Method::GET, "/todo/collections/notes/documents/one"),
            (
                Method::GET,
                "/todo/collections/notes/documents/one/versions",
            ),
            (Method::POST, "/todo/search"),
        ] {
            let body = (method == Method::POST).then(|| json!({ "collection": "notes" }));
            let request = server.request(method, path).bearer_auth(server.token(user));
            let request = body.iter().fold(request, reqwest::RequestBuilder::json);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            response.bytes().await.unwrap();
        }
    }
}
