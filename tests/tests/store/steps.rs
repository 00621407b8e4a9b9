//! A program is killed at each step that it takes on the disk, one run for each of them, and nothing
//! that it was told is done is lost, done by half or done twice.

mod judge;
mod program;
mod trace;

use std::sync::Arc;

use futures::{StreamExt, stream};
use syncline_tests::TestServer;
use tempfile::TempDir;
use tokio::task::block_in_place;

use judge::judge;
use trace::{Run, Step};

/// Runs at once, each with three stores that judge it.
const AT_ONCE: usize = 3;

/// Fewer steps than this, and the program does not do what it is there for.
const FEWEST_STEPS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_may_be_killed_at_any_step() {
    let server = Arc::new(TestServer::start().await);
    let folder = tempfile::tempdir().unwrap();
    let steps = record(&server, &folder).await;
    assert!(steps.len() >= FEWEST_STEPS, "{steps:?}");
    let runs = steps.into_iter().enumerate().map(|(number, step)| {
        let server = Arc::clone(&server);
        tokio::spawn(async move { kill_and_judge(&server, number, step).await })
    });
    let killed = stream::iter(runs).buffer_unordered(AT_ONCE);
    let killed: Vec<bool> = killed.map(Result::unwrap).collect().await;
    // Which request carries which edit depends on the time, and the number of steps on that.
    let misses = killed.iter().filter(|is_killed| !**is_killed).count();
    assert!(misses * 10 < killed.len(), "{misses} of {}", killed.len());
    Arc::into_inner(server).unwrap().finish().await;
}

/// The steps of a run to its end, which is judged as well.
async fn record(server: &TestServer, folder: &TempDir) -> Vec<Step> {
    let run = Run::new(server, "nobody-kills", folder);
    let (done, steps) = block_in_place(|| run.record());
    assert_eq!(done, program::STATES.len() - 1, "it does everything");
    judge(server, &run, done, "to its end").await;
    steps
}

/// Returns whether the program came to that step.
async fn kill_and_judge(server: &TestServer, number: usize, step: Step) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(server, &format!("user-{number}"), &folder);
    let (done, is_killed) = block_in_place(|| run.kill_at(&step));
    judge(server, &run, done, &step.to_string()).await;
    is_killed
}
