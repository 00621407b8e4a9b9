use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::network::lock;

/// Every step of a run, with its time.
#[derive(Clone, Debug)]
pub(super) struct Log {
    start: Instant,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Log {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            lines: Arc::default(),
        }
    }

    pub(super) fn add(&self, line: impl std::fmt::Display) {
        let millis = self.start.elapsed().as_millis();
        lock(&self.lines).push(format!("{millis:>6} {line}"));
    }

    pub(super) fn text(&self) -> String {
        lock(&self.lines).join("\n")
    }
}
