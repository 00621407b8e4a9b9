//! How a store ends. What has begun goes on to its end, even if nobody waits for it: whoever does may be one of
//! the tasks that it stops, where the application is asked for a token.

use std::sync::Arc;

use super::{database::Database, error::StoreError, events::StoreEvent, inner::Inner};

/// Stops the tasks and closes the file.
pub(super) async fn close(inner: Arc<Inner>) {
    let close = tokio::spawn(async move {
        stop(&inner).await;
        let close = |database: &Database| {
            let forgotten = database.forget_heard();
            database.close();
            forgotten
        };
        // What cannot be closed is closed already; reports that stay come a second time.
        let _ = inner.on_disk(close).await;
        inner.end();
    });
    // It fails where the runtime ends, and everything with it.
    let _ = close.await;
}

/// Wipes and removes the file, and stops the tasks. Nothing is done if edits would be lost that are not to be.
pub(super) async fn sign_out(inner: Arc<Inner>, discard_unsent: bool) -> Result<(), StoreError> {
    let sign_out = tokio::spawn(async move {
        let wipe = move |database: &Database| database.wipe(discard_unsent);
        let wiped = inner.on_disk(wipe).await;
        if wiped.is_err() && !inner.database.is_closed() {
            return wiped;
        }
        stop(&inner).await;
        if wiped.is_ok() {
            inner.emit(StoreEvent::SignedOut);
        }
        inner.end();
        wiped
    });
    sign_out.await.unwrap_or(Err(StoreError::Closed))
}

async fn stop(inner: &Inner) {
    let tasks = inner.tasks().take();
    if let Some(tasks) = tasks {
        tasks.abort();
        // Aborted, as was meant.
        let _ = tasks.await;
    }
}
