//! What is measured now and then, rather than when it happens.

use std::{sync::Arc, time::Duration};

use syncline_http::Metrics;
use syncline_postgres::PostgresStore;

use super::ServerError;

/// More often than Prometheus asks.
const INTERVAL: Duration = Duration::from_secs(5);

/// Begins to count.
pub(super) fn start() -> Result<Metrics, ServerError> {
    let metrics = Metrics::start()?;
    syncline_application::measures::describe();
    syncline_postgres::describe_measures();
    Ok(metrics)
}

pub(super) async fn measure_regularly(store: Arc<PostgresStore>, metrics: Metrics) {
    let mut interval = tokio::time::interval(INTERVAL);
    loop {
        interval.tick().await;
        store.measure();
        metrics.tidy();
    }
}
