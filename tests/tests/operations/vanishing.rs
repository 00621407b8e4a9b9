//! The host of the database vanishes without a word, and is there again.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use syncline_domain::identifier::TextConfiguration;
use syncline_postgres::PostgresStore;
use syncline_tests::{
    TestDatabase, TestServer,
    line::Line,
    replica::{change, stamp},
};
use tokio::time::{self, Instant, timeout};

use crate::away::{AT_ONCE, expect_all, found_again};

/// An answer is waited for for 3 s, then the database is looked for, and 3 s later it is given up.
const UNTIL_REFUSED: Duration = Duration::from_secs(9);

/// The connection that hears changes is silent for 10 s before it is asked, and has 2 s to answer.
const UNTIL_HEARD: Duration = Duration::from_secs(16);

/// More than a connection may be idle without being looked at.
const LONG_IDLE: Duration = Duration::from_secs(31);

/// Statements are waited for here without any limit of the request's own.
const PATIENT: &str = "limits.requestSeconds = 600";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_is_refused_and_nothing_waits_for_ever() {
    let database = TestDatabase::create().await;
    let line = Line::to(&database);
    let server = TestServer::with(line.database(&database), PATIENT).await;
    expect_all(&server, StatusCode::OK, UNTIL_REFUSED).await;
    let mut stream = listen(&server).await;
    heard(&mut stream).await;

    line.cut();
    expect_all(&server, StatusCode::SERVICE_UNAVAILABLE, UNTIL_REFUSED).await;
    expect_all(&server, StatusCode::SERVICE_UNAVAILABLE, AT_ONCE).await;

    line.mend();
    let mended = Instant::now();
    found_again(&server).await;
    // All connections were in use: they are all free again, though none of them was ever closed.
    expect_all(&server, StatusCode::OK, AT_ONCE * 3).await;
    heard(&mut stream).await;
    assert!(mended.elapsed() < UNTIL_HEARD, "{:?}", mended.elapsed());
    push(&server).await;
    heard(&mut stream).await;
    drop(stream);
    server.stop().await;
    database.drop().await;
}

/// A firewall forgets what was idle for long, and tells nobody.
#[tokio::test]
async fn a_connection_that_was_idle_for_long_and_leads_nowhere_keeps_nobody_waiting() {
    let database = TestDatabase::create().await;
    let line = Line::to(&database);
    let location = line.database(&database).options();
    let store = PostgresStore::connect(location, 1).await.unwrap();
    assert!(store.has_text_configuration(&words()).await.unwrap());
    line.cut();
    time::sleep(LONG_IDLE).await;
    line.mend();
    assert!(store.has_text_configuration(&words()).await.unwrap());
    store.close().await;
    database.drop().await;
}

fn words() -> TextConfiguration {
    TextConfiguration::new("simple").unwrap()
}

/// Opens a stream of live pokes.
async fn listen(server: &TestServer) -> Response {
    let request = server.request(Method::GET, "/todo/events");
    let stream = request.bearer_auth(server.token("ada")).send().await;
    push(server).await;
    stream.unwrap()
}

/// Waits until the stream tells of something.
async fn heard(stream: &mut Response) {
    let told = async {
        let mut text = String::new();
        while !text.contains("event: change") {
            let chunk = stream.chunk().await.unwrap().expect("the stream goes on");
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    timeout(UNTIL_HEARD, told).await.expect("it is told");
}

async fn push(server: &TestServer) {
    let doc = json!({ "title": "new" });
    let push = json!({
        "collection": "notes", "protocol": 2,
        "changes": [change("note", &doc, &stamp("ada", 1))],
    });
    server.sync("ada", push).await;
}
