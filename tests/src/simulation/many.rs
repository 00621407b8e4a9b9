//! Many runs.

use std::{ops::Range, sync::Arc};

use tokio::task::JoinSet;

use super::{Plan, run};
use crate::Endpoint;

/// How many run at once, each as a user of its own.
const AT_ONCE: usize = 4;

/// Runs so many seeds of a plan. `SIMULATION_SEEDS` is another number (`SIMULATION_SEEDS=5000`); a
/// seed that fails is printed with every step, and `SIMULATION_SEED` runs it alone.
pub async fn simulate(server: &Arc<impl Endpoint + 'static>, plan: Plan, seeds: u64) {
    let mut seeds = range(seeds);
    let (mut running, mut failures, mut edits) = (JoinSet::new(), Vec::new(), 0);
    loop {
        while running.len() < AT_ONCE
            && let Some(seed) = seeds.next()
        {
            let server = Arc::clone(server);
            running.spawn(async move { run(&*server, plan, seed).await });
        }
        match running.join_next().await {
            Some(Ok(Ok(made))) => edits += made,
            Some(Ok(Err(failure))) => failures.push(failure),
            Some(Err(error)) => failures.push(format!("a run of {plan:?} panicked: {error}")),
            None => break,
        }
    }
    assert!(
        failures.is_empty(),
        "{} runs failed:\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    assert!(edits > 0, "the runs made edits");
}

fn range(seeds: u64) -> Range<u64> {
    match (number("SIMULATION_SEED"), number("SIMULATION_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(count)) => 0..count,
        (None, None) => 0..seeds,
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")),
    )
}
