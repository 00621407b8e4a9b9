//! A line of the log for each request.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use reqwest::Method;
use serde_json::{Value, json};
use syncline_tests::{TestServer, first_sync, replica::change, replica::stamp};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// A log that the test reads.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Begins to read what is logged at `level` and above.
    fn begin(level: &str) -> Self {
        let log = Self::default();
        let writer = log.clone();
        let lines = fmt::layer().json().with_writer(move || writer.clone());
        tracing_subscriber::registry()
            .with(EnvFilter::new(level))
            .with(lines)
            .init();
        log
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Each line as JSON.
fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

#[tokio::test]
async fn a_cause_names_its_request_also_where_less_is_logged() {
    let log = Log::begin("error");
    let server = TestServer::start().await;
    let mut connection = server.database.connect().await;
    sqlx::query("DROP SCHEMA syncline CASCADE")
        .execute(&mut connection)
        .await
        .unwrap();
    drop(connection);
    let request = server.request(Method::POST, "/todo/sync");
    let request = request.header("X-Request-Id", "request-1");
    let answer = request
        .bearer_auth(server.token("ada"))
        .json(&first_sync("tasks"));
    assert!(answer.send().await.unwrap().status().is_server_error());
    server.finish().await;
    let text = log.text();
    let is_cause = |line: &Value| line["span"]["request_id"] == "request-1";
    assert!(lines(&text).any(|line| is_cause(&line)), "{text}");
}

#[tokio::test]
async fn requests_are_logged_with_who_and_where_but_never_what() {
    let log = Log::begin("info");
    let server = TestServer::start().await;
    let mut body = first_sync("private-collection");
    body["changes"] = json!([change(
        "private-key",
        &json!({ "title": "private words" }),
        &stamp("phone", 0)
    )]);
    let request = server.request(Method::POST, "/todo/sync?private=query");
    let request = request.header("X-Request-Id", "request-1");
    let answer = request
        .bearer_auth(server.token("private-user"))
        .json(&body);
    assert!(answer.send().await.unwrap().status().is_success());
    let token = server.token("private-user");
    server.finish().await;
    let text = log.text();
    for secret in ["private", &token] {
        assert!(!text.contains(secret), "{secret} is in the log: {text}");
    }
    let mut spans = lines(&text).map(|line| line["span"].clone());
    let span = spans
        .find(|span| span["request_id"] == "request-1")
        .unwrap();
    assert_eq!(span["method"], "POST");
    assert_eq!(span["route"], "/{application}/sync");
    assert_eq!(span["status"], 200);
    assert_eq!(span["namespace"], "personal");
    assert!(span["latency_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(span["user"].as_str().unwrap().len(), 16);
}
