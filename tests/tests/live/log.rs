//! What stands in an address of a stream is in no log line, however much is logged.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use reqwest::Method;
use serde_json::json;
use syncline_tests::TestServer;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{listener::Listener, world::send};

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

#[tokio::test]
async fn a_ticket_is_in_no_log_line() {
    let log = Log::default();
    let writer = log.clone();
    let lines = fmt::layer().with_writer(move || writer.clone());
    tracing_subscriber::registry()
        .with(EnvFilter::new("trace"))
        .with(lines)
        .init();
    let server = TestServer::start().await;
    let given = send(
        &server,
        "ada",
        Method::POST,
        "/auth/ticket",
        &json!({ "app": "todo" }),
    )
    .await;
    let ticket = given["ticket"].as_str().unwrap();
    for ticket in [ticket.to_owned(), format!("{ticket}x")] {
        let path = format!("/todo/events?ticket={ticket}");
        let answer = server.request(Method::GET, &path).send().await.unwrap();
        if answer.status().is_success() {
            Listener::of(answer).settle(&server, "ada").await;
        }
    }
    server.finish().await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("/{application}/events"),
        "the requests are logged"
    );
    let told = log.lines().find(|line| line.contains(ticket));
    assert_eq!(told, None);
}
