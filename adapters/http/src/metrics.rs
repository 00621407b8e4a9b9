//! What is counted, as Prometheus reads it.

use std::sync::{Mutex, PoisonError};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::layers;

/// From an answer out of memory to the longest request, in seconds.
const DURATION_BUCKETS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// What a process counts is counted once, however many servers run in it.
static COUNTING: Mutex<Option<Metrics>> = Mutex::new(None);

/// The counts of this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// Begins to count, unless this process does already.
    ///
    /// # Errors
    /// When something else counts in this process.
    pub fn start() -> Result<Self, BuildError> {
        let mut counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = &*counting {
            return Ok(metrics.clone());
        }
        let durations = Matcher::Suffix("_duration_seconds".to_owned());
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(durations, DURATION_BUCKETS)?
            .install_recorder()?;
        layers::describe_measures();
        let metrics = Self { handle };
        *counting = Some(metrics.clone());
        Ok(metrics)
    }

    /// Sums up what was measured. Without it, now and then, the single measurements pile up.
    pub fn tidy(&self) {
        self.handle.run_upkeep();
    }

    /// Everything, in Prometheus' text format.
    pub(crate) fn text(&self) -> String {
        self.handle.render()
    }
}
