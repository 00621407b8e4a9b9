//! Many runs.

use std::{fmt::Display, sync::Arc};

use tokio::task::JoinSet;

use super::{Plan, run};
use crate::Endpoint;

/// How many run at once, each as a user of its own.
const AT_ONCE: usize = 4;

/// Runs so many seeds of a plan. `SIMULATION_SEEDS` is another number (`SIMULATION_SEEDS=5000`); a
/// seed that fails is printed with every step, and `SIMULATION_SEED` runs it alone.
pub async fn simulate(server: &Arc<impl Endpoint + 'static>, plan: Plan, seeds: u64) {
    let runs = each_seed(AT_ONCE, seeds, &[], |seed| {
        let server = Arc::clone(server);
        async move { run(&*server, plan, seed).await }
    });
    let edits: u64 = runs.await.into_iter().sum();
    assert!(edits > 0, "the runs made edits");
}

/// Runs those seeds that are always run and so many others, some at once, and gives what each run
/// gave. Fails with all that any of them found.
pub(crate) async fn each_seed<T, E, F>(
    at_once: usize,
    seeds: u64,
    always: &[u64],
    run: impl Fn(u64) -> F,
) -> Vec<T>
where
    T: Send + 'static,
    E: Display + Send + 'static,
    F: Future<Output = Result<T, E>> + Send + 'static,
{
    let mut seeds = chosen(seeds, always).into_iter();
    let (mut running, mut failures, mut results) = (JoinSet::new(), Vec::new(), Vec::new());
    loop {
        while running.len() < at_once
            && let Some(seed) = seeds.next()
        {
            running.spawn(run(seed));
        }
        match running.join_next().await {
            Some(Ok(Ok(result))) => results.push(result),
            Some(Ok(Err(failure))) => failures.push(failure.to_string()),
            Some(Err(error)) => failures.push(format!("a run panicked: {error}")),
            None => break,
        }
    }
    assert!(
        failures.is_empty(),
        "{} runs failed:\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    results
}

fn chosen(seeds: u64, always: &[u64]) -> Vec<u64> {
    if let Some(seed) = number("SIMULATION_SEED") {
        return vec![seed];
    }
    let seeds = 0..number("SIMULATION_SEEDS").unwrap_or(seeds);
    let kept = always.iter().filter(|seed| !seeds.contains(seed));
    kept.copied().chain(seeds.clone()).collect()
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")),
    )
}
