//! Workers, which do what waits in a queue.

use std::{panic::AssertUnwindSafe, pin::pin, task::Poll};

use futures::{
    FutureExt, StreamExt,
    future::{Either, poll_fn, select},
    stream::FuturesUnordered,
};

use super::queue::{Entry, Queue};

/// How often a worker leaves jobs behind that take longer, before it waits for them.
const MOST_LEFT_BEHIND: usize = 3;

/// Does the jobs that wait, all that there are at once, for ever. The next wait for a `moment` at most:
/// most jobs take less, and meanwhile more come that can be done together; those that wait for a lock or
/// a slow disk take more. Who waits for one that panics is told that it was interrupted.
pub(super) async fn work<Job, Outcome, Work, Moment>(
    queue: &Queue<Job, Outcome>,
    moment: impl Fn() -> Moment,
    work_on: impl Fn(Vec<Entry<Job, Outcome>>) -> Work,
) where
    Work: Future<Output = ()> + Send,
    Moment: Future<Output = ()>,
{
    let mut left_behind = FuturesUnordered::new();
    loop {
        if left_behind.len() >= MOST_LEFT_BEHIND {
            left_behind.next().await;
        }
        let entries = beside(&mut left_behind, queue.take()).await;
        let mut work = AssertUnwindSafe(work_on(entries)).catch_unwind().boxed();
        let too_late = pin!(moment());
        let ended = beside(&mut left_behind, select(&mut work, too_late)).await;
        if matches!(ended, Either::Right(_)) {
            left_behind.push(work);
        }
    }
}

/// What `next` comes to. Meanwhile those that were left behind go on.
async fn beside<Left: Future, Next: Future>(
    left_behind: &mut FuturesUnordered<Left>,
    next: Next,
) -> Next::Output {
    let mut next = pin!(next);
    poll_fn(|context| {
        while let Poll::Ready(Some(_)) = left_behind.poll_next_unpin(context) {}
        next.as_mut().poll(context)
    })
    .await
}
