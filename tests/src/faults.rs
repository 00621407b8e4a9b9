//! Devices, servers and a database to which everything happens that can: a network that delays, cuts
//! and repeats, programs that are killed, clocks that jump, people who come and go. A model that
//! knows what each of them did is the judge.
//!
//! All decisions come from the seed. What is decided for each device, each clerk and each request of
//! a sender does not depend on who is faster; but they really run at the same time, so that a seed
//! repeats the plan of a run, and not every interleaving of it. `docs/faults.md` tells more.
//!
//! | module | what it does |
//! |---|---|
//! | `world` | the users, devices and network of a run |
//! | `network` | the way to the servers: faults, and every answer written down |
//! | `arena` | servers and their database, to be killed |
//! | `past` | what the database forgets |
//! | `device` | a device of either client: a core or a store ([`crate::clients`]) |
//! | `life` | what a device's user does |
//! | `clerk` | what others do: share, link, admit, look, restore, purge, leave for good |
//! | `model`, `timeline` | who may see what, and when |
//! | `judge` | what must hold |
//! | `run` | one run |

mod arena;
mod clerk;
mod device;
mod judge;
mod life;
mod log;
mod model;
mod network;
mod past;
mod run;
mod timeline;
mod world;

use std::{ops::Range, sync::Arc};

use tokio::{sync::Mutex, task::JoinSet};

use crate::{clients::compile_typescript, simulation::each_seed};
use arena::Arena;
use world::Children;

pub use network::Lie;
pub use run::Tally;
pub use world::Blows;

/// How many runs go on at once on the same servers, if nothing is killed.
const AT_ONCE: usize = 4;

/// How many runs go on at once on servers of their own, if something is.
const APART: usize = 3;

/// Runs so many seeds, and those that are always run. `SIMULATION_SEEDS` is another number; a seed
/// that fails is printed with every step, and `SIMULATION_SEED` runs it alone.
pub async fn simulate(blows: Blows, seeds: u64, always: &[u64]) -> Tally {
    compile_typescript();
    let arenas = arenas(blows).await;
    let free = Arc::new(Mutex::new(arenas));
    let runs = each_seed(at_once(blows), seeds, always, |seed| {
        let free = Arc::clone(&free);
        async move {
            let (mut arena, children) = free.lock().await.pop().expect("one is free");
            let result = run::run(&mut arena, &children, blows, seed, None).await;
            free.lock().await.push((arena, children));
            result
        }
    });
    let tally = runs.await.into_iter().sum();
    for (arena, _) in std::mem::take(&mut *free.lock().await) {
        arena.finish().await;
    }
    tally
}

/// For each promise, what the judge says of servers that break it, in the first run in which it notices by
/// one of the promise's `rules`; or the last that it said otherwise, and none if it never said anything in so many.
pub async fn verdicts(
    runs: u64,
    rules: fn(Lie) -> &'static [&'static str],
) -> Vec<(Lie, Option<String>)> {
    compile_typescript();
    let lies = Arc::new(Mutex::new(Lie::ALL.into_iter().zip(0..)));
    let mut telling = JoinSet::new();
    for (mut arena, children) in arenas(Blows::Network).await {
        let lies = Arc::clone(&lies);
        telling.spawn(async move {
            let mut verdicts = Vec::new();
            loop {
                let Some((lie, number)) = lies.lock().await.next() else {
                    break;
                };
                // Each has seeds of its own, and with them its users.
                let seeds = number * runs..(number + 1) * runs;
                let verdict = verdict(&mut arena, &children, lie, seeds, rules(lie));
                verdicts.push((lie, verdict.await));
            }
            arena.finish().await;
            verdicts
        });
    }
    telling.join_all().await.concat()
}

async fn verdict(
    arena: &mut Arena,
    children: &Children,
    lie: Lie,
    seeds: Range<u64>,
    rules: &[&str],
) -> Option<String> {
    let mut verdict = None;
    for seed in seeds {
        let run = run::run(arena, children, Blows::Network, seed, Some(lie)).await;
        let Err(error) = run else { continue };
        let said = error.lines().next().unwrap_or_default();
        verdict = Some(said.to_owned());
        if rules.iter().any(|rule| said.contains(rule)) {
            break;
        }
    }
    verdict
}

fn at_once(blows: Blows) -> usize {
    if blows == Blows::Network {
        AT_ONCE
    } else {
        APART
    }
}

async fn arenas(blows: Blows) -> Vec<(Arena, Children)> {
    let mut arenas = Vec::new();
    match blows {
        Blows::Network => {
            let (arena, children) = (Arena::inside().await, Children::new());
            while let Some(shared) = arena.shared().filter(|_| arenas.len() + 1 < AT_ONCE) {
                arenas.push((shared, children.clone()));
            }
            arenas.push((arena, children));
        }
        Blows::Servers => {
            for _ in 0..APART {
                arenas.push((Arena::processes().await, Children::new()));
            }
        }
        Blows::Database => {
            for _ in 0..APART {
                arenas.push((Arena::cluster().await, Children::new()));
            }
        }
    }
    arenas
}
