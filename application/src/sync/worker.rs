//! Workers, which do what waits in a queue.

use std::{panic::AssertUnwindSafe, pin::pin, time::Duration};

use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::{select, time::sleep};

use super::queue::{Entry, Queue};

/// How long jobs that were taken keep those behind them waiting. Most take less, and meanwhile more
/// come that can be done together; those that wait for a lock or a slow disk take more.
const MOMENT: Duration = Duration::from_millis(5);

/// How often a worker leaves jobs behind that take longer, before it waits for them.
const MOST_LEFT_BEHIND: usize = 3;

/// Does the jobs that wait, all that there are at once, for ever. Who waits for one that panics is told
/// that it was interrupted.
pub(super) async fn work<Job, Outcome, Work>(
    queue: &Queue<Job, Outcome>,
    work_on: impl Fn(Vec<Entry<Job, Outcome>>) -> Work,
) where
    Work: Future<Output = ()> + Send,
{
    let mut left_behind = FuturesUnordered::new();
    loop {
        let entries = select! {
            entries = queue.take(), if left_behind.len() < MOST_LEFT_BEHIND => entries,
            Some(_) = left_behind.next() => continue,
        };
        let mut work = AssertUnwindSafe(work_on(entries)).catch_unwind().boxed();
        let mut moment = pin!(sleep(MOMENT));
        loop {
            select! {
                biased;
                _ = &mut work => break,
                Some(_) = left_behind.next() => {}
                () = &mut moment => {
                    left_behind.push(work);
                    break;
                }
            }
        }
    }
}
