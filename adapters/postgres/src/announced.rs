use std::time::Duration;

use tokio::time::timeout;

/// What takes no longer needs no word.
const MOMENT: Duration = Duration::from_secs(1);

/// What `work` gives. While it does not come, whoever reads the log learns what is waited for.
pub(crate) async fn announced<T>(what: &'static str, work: impl Future<Output = T>) -> T {
    let mut work = Box::pin(work);
    if let Ok(done) = timeout(MOMENT, &mut work).await {
        return done;
    }
    tracing::info!("waiting for {what}");
    work.await
}
