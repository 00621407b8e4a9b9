//! A server that may have few connections to its database.

use std::sync::Arc;

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
