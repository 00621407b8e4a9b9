//! What a store does of its own accord.

use std::sync::Arc;

use super::{inner::Inner, live, sync_loop};

/// Ends the store when its tasks do not go on: the application's own code, which gives tokens and tells the
/// time, has panicked. Whoever waits for a pass would wait for ever.
struct Alarm(Arc<Inner>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end();
        }
    }
}

/// Synchronises, and listens to live pokes. As one task of the runtime: a panic in either ends both.
pub(super) async fn run(inner: Arc<Inner>) {
    let _alarm = Alarm(Arc::clone(&inner));
    tokio::join!(sync_loop::run(&inner), live::run(&inner));
}
