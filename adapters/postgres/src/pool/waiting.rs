//! Waiting for an answer of the database, which may have gone without a word.
//!
//! Where a network drops what is sent, nothing tells that nobody is there any more, for a quarter of
//! an hour or for ever. So whoever waits has the database looked for on another connection, and gives
//! up when it is not found. A connection may also be the only one that leads nowhere: then what ends
//! the waiting is that the database itself would have given up before.

use std::{
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt, future::poll_fn, stream};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::watch::Watch;

/// After so long without an answer the database is looked for, and again and again.
const LOOK: Duration = Duration::from_secs(3);

/// How much later than the database whoever waits gives up.
const GRACE: Duration = Duration::from_secs(5);

/// Somebody who waits for an answer.
pub(super) struct Waiting {
    watch: Arc<Watch>,
    /// For how long; none while the database is there.
    longest: Option<Duration>,
    waited: Duration,
    looks: Option<Interval>,
}

impl Waiting {
    /// For the answer to a statement that the database runs for at most so long, if there is a limit.
    pub(super) fn new(watch: &Arc<Watch>, time_limit: Option<Duration>) -> Self {
        Self {
            watch: Arc::clone(watch),
            longest: time_limit.map(|limit| limit.saturating_add(GRACE)),
            waited: Duration::ZERO,
            looks: None,
        }
    }

    /// The answer, or why it was given up. Its connection is of no use then.
    pub(super) async fn answer<T>(
        mut self,
        answer: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let mut answer = pin!(answer);
        let result = poll_fn(|context| match answer.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(result.inspect_err(|error| self.watch.hear(error))),
            Poll::Pending => self.poll_vain(context).map(Err),
        });
        result.await
    }

    /// The same of an answer that comes in parts.
    pub(super) fn answers<'s, T>(
        mut self,
        mut answers: impl Stream<Item = Result<T, sqlx::Error>> + Unpin + Send + 's,
    ) -> impl Stream<Item = Result<T, sqlx::Error>> + Send + 's {
        stream::poll_fn(move |context| match answers.poll_next_unpin(context) {
            Poll::Ready(Some(Err(error))) => {
                self.watch.hear(&error);
                Poll::Ready(Some(Err(error)))
            }
            Poll::Ready(answer) => Poll::Ready(answer),
            Poll::Pending => self.poll_vain(context).map(|error| Some(Err(error))),
        })
    }

    /// Ready when it makes no sense to wait any longer.
    fn poll_vain(&mut self, context: &mut Context<'_>) -> Poll<sqlx::Error> {
        let looks = self.looks.get_or_insert_with(|| {
            let mut looks = interval_at(Instant::now() + LOOK, LOOK);
            // Whoever takes an answer slowly does not wait meanwhile.
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            looks
        });
        while looks.poll_tick(context).is_ready() {
            self.waited += LOOK;
            if let Err(away) = self.watch.check() {
                return Poll::Ready(away);
            }
            if self.longest.is_some_and(|longest| self.waited >= longest) {
                let silent = silent();
                self.watch.hear(&silent);
                return Poll::Ready(silent);
            }
            self.watch.look_soon();
        }
        Poll::Pending
    }
}

fn silent() -> sqlx::Error {
    let rule = "the database did not answer, nor did it give up when it should have";
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, rule))
}
