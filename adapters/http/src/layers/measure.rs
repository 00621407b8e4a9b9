//! Counts requests, and measures how long they take.

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    middleware::Next,
    response::Response,
};
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use tokio::time::Instant;

const REQUESTS: &str = "syncline_http_requests_total";
const DURATION: &str = "syncline_http_request_duration_seconds";
const RUNNING: &str = "syncline_http_requests_running";

pub(crate) fn describe() {
    describe_counter!(
        REQUESTS,
        Unit::Count,
        "Requests that were answered, by method, route and status."
    );
    describe_histogram!(
        DURATION,
        Unit::Seconds,
        "How long requests took until their answer began, by method and route."
    );
    describe_gauge!(
        RUNNING,
        Unit::Count,
        "Requests whose answer has not begun yet."
    );
}

/// One request that runs; dropped when it is answered, or when its caller has gone.
struct Running;

impl Running {
    fn begin() -> Self {
        gauge!(RUNNING).increment(1.0);
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        gauge!(RUNNING).decrement(1.0);
    }
}

pub(super) async fn measure(request: Request, next: Next) -> Response {
    let (method, route) = (method(request.method()), route(&request));
    let begin = Instant::now();
    let running = Running::begin();
    let response = next.run(request).await;
    drop(running);
    let labels = [("method", method.to_owned()), ("route", route)];
    histogram!(DURATION, &labels).record(begin.elapsed());
    let [method, route] = labels;
    let status = ("status", response.status().as_str().to_owned());
    counter!(REQUESTS, &[method, route, status]).increment(1);
    response
}

/// Anyone may send any word as a method, and each would be a series of its own.
fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// The pattern of the path, never the path, in which names and keys stand.
fn route(request: &Request) -> String {
    let matched = request.extensions().get::<MatchedPath>();
    matched.map_or("none", MatchedPath::as_str).to_owned()
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::method;

    #[test]
    fn methods_that_nobody_knows_are_one() {
        assert_eq!(method(&Method::PATCH), "PATCH");
        for word in ["BREW", "BREW2", "TRACE"] {
            assert_eq!(
                method(&Method::from_bytes(word.as_bytes()).unwrap()),
                "other"
            );
        }
    }
}
