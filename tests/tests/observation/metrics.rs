//! `GET /metrics`.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;
use syncline_tests::{
    Replica, TestServer,
    replica::{change, stamp},
};

/// The series of Prometheus' text format, each with its value.
type Series = BTreeMap<String, f64>;

async fn scrape(server: &TestServer) -> (String, Series) {
    let answer = server.request(Method::GET, "/metrics").send().await;
    let answer = answer.unwrap().error_for_status().unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let text = answer.text().await.unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let series = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    });
    let series = series.collect();
    (text, series)
}

/// Other servers may count in this process, so that growth is what counts.
fn growth(before: &Series, after: &Series, name: &str) -> f64 {
    let at = |series: &Series| series.get(name).copied().unwrap_or_default();
    at(after) - at(before)
}

#[tokio::test]
async fn what_devices_do_is_counted() {
    let server = TestServer::start().await;
    let (_, before) = scrape(&server).await;
    let [mut phone, mut laptop] = [Replica::new("notes"), Replica::new("notes")];
    let created = change("a", &json!({ "n": 0 }), &stamp("phone", 0));
    phone.sync(&server, "ada", &[created]).await;
    laptop.sync(&server, "ada", &[]).await;
    for (replica, node, number) in [(&mut phone, "phone", 1), (&mut laptop, "laptop", 2)] {
        let mut edit = change("a", &json!({ "n": number }), &stamp(node, number));
        edit["baseClock"] = replica.clock().clone();
        replica.sync(&server, "ada", &[edit]).await;
    }
    let (_, after) = scrape(&server).await;
    for (name, least) in [
        (
            r#"syncline_pushed_documents_total{application="todo"}"#,
            3.0,
        ),
        (
            r#"syncline_pulled_documents_total{application="todo"}"#,
            1.0,
        ),
        (r#"syncline_conflicts_total{application="todo"}"#, 1.0),
        (
            r#"syncline_http_requests_total{method="POST",route="/{application}/sync",status="200"}"#,
            4.0,
        ),
        (
            r#"syncline_http_request_duration_seconds_count{method="POST",route="/{application}/sync"}"#,
            4.0,
        ),
    ] {
        let grown = growth(&before, &after, name);
        assert!(grown >= least, "{name} grew by {grown}");
    }
    server.finish().await;
}

#[tokio::test]
async fn metrics_name_nobody_and_no_path_of_a_caller() {
    let server = TestServer::start().await;
    let mut replica = Replica::new("secret-collection");
    let created = change("secret-key", &json!({}), &stamp("secret-node", 0));
    replica.sync(&server, "secret-user", &[created]).await;
    for (method, path) in [
        (Method::GET, "/secret-path/never/there"),
        (Method::from_bytes(b"SECRET").unwrap(), "/health"),
    ] {
        server.request(method, path).send().await.unwrap();
    }
    let (text, series) = scrape(&server).await;
    assert!(!text.to_lowercase().contains("secret"), "{text}");
    assert!(
        series.contains_key(
            r#"syncline_http_requests_total{method="GET",route="none",status="404"}"#
        ),
        "{text}"
    );
    for line in text.lines().filter(|line| line.starts_with("# TYPE")) {
        let name = line.split(' ').nth(2).unwrap();
        assert!(
            text.contains(&format!("# HELP {name} ")),
            "{name} is not described"
        );
    }
    server.finish().await;
}

#[tokio::test]
async fn the_pool_and_the_purge_are_measured() {
    let server = TestServer::start().await;
    for _ in 0..100 {
        let (_, series) = scrape(&server).await;
        let is_there = |name: &str| series.get(name).is_some_and(|value| *value > 0.0);
        if is_there("syncline_horizon_timestamp_seconds")
            && is_there("syncline_purge_timestamp_seconds")
            && is_there("syncline_database_connections_limit")
            && series.contains_key(r#"syncline_database_connections{state="idle"}"#)
        {
            return server.finish().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the pool and the purge were not measured");
}
