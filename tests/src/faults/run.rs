//! One run, from the first edit to the verdict.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use rand::RngExt;
use tokio::{sync::watch, task::JoinSet, time::sleep};

use super::{
    arena::Arena,
    clerk,
    judge::{are_heard, judge, judge_answers, part, quiet, together},
    life::Life,
    network::Lie,
    world::{Actor, Blows, Children, World},
};

/// How much is killed in a run, at most.
const BLOWS: u64 = 8;

/// What happened in runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// How many runs there were.
    pub runs: u64,
    /// Edits that devices made.
    pub edits: u64,
    /// Requests that servers answered.
    pub answers: u64,
    /// Connections that broke.
    pub cuts: u64,
    /// Requests that were sent again later.
    pub repeats: u64,
    /// Servers that were killed.
    pub servers: u64,
    /// Databases that were killed.
    pub databases: u64,
    /// Devices that were killed.
    pub deaths: u64,
    /// Rows that were purged.
    pub purged: u64,
    /// Versions that were taken back.
    pub restored: u64,
    /// Devices that had to begin anew.
    pub resets: u64,
    /// Live pokes that devices got.
    pub pokes: u64,
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, tally| Self {
            runs: sum.runs + tally.runs,
            edits: sum.edits + tally.edits,
            answers: sum.answers + tally.answers,
            cuts: sum.cuts + tally.cuts,
            repeats: sum.repeats + tally.repeats,
            servers: sum.servers + tally.servers,
            databases: sum.databases + tally.databases,
            deaths: sum.deaths + tally.deaths,
            purged: sum.purged + tally.purged,
            restored: sum.restored + tally.restored,
            resets: sum.resets + tally.resets,
            pokes: sum.pokes + tally.pokes,
        })
    }
}

/// Runs a seed in an arena that nobody else uses meanwhile, unless nothing is killed in it.
///
/// # Errors
/// What does not hold, and every step that led there.
pub(super) async fn run(
    arena: &mut Arena,
    children: &Children,
    blows: Blows,
    seed: u64,
    lie: Option<Lie>,
) -> Result<Tally, String> {
    let world = Arc::new(World::new(arena, blows, seed, lie).await);
    let devices = world.devices(children).into_iter().zip(0..);
    let mut lives = Vec::new();
    for (device, number) in devices {
        lives.push(Life::new(Arc::clone(&world), device, Actor::Device(number)));
    }
    let result = play(&world, arena, children, lives).await;
    result.map_err(|error| {
        format!(
            "seed {seed} of {blows:?}: {error}\n{}\nseed {seed} of {blows:?}: {error}",
            world.log.text()
        )
    })
}

async fn play(
    world: &Arc<World>,
    arena: &mut Arena,
    children: &Children,
    lives: Vec<Life>,
) -> Result<Tally, String> {
    let (end, ended) = watch::channel(false);
    let acting = async {
        let acted = act(world, lives).await;
        end.send_replace(true);
        acted
    };
    let (lives, struck) = tokio::join!(acting, strike(world, arena, children, ended));
    world.network.calm().await;
    let lives = lives?;
    let edits = lives.iter().map(|life| life.edits).sum();
    let deaths = lives.iter().map(|life| life.deaths).sum();
    let mut lives = part(world, lives).await?;
    judge_all(world, &mut lives).await?;
    for life in &mut lives {
        life.device.close().await;
    }
    let (cuts, repeats) = world.network.faults();
    let exchanges = world.network.exchanges();
    let resets = exchanges.iter().filter(|exchange| exchange.is_reset());
    Ok(Tally {
        runs: 1,
        edits,
        answers: exchanges.len() as u64,
        cuts,
        repeats,
        servers: struck.servers,
        databases: struck.databases,
        deaths,
        purged: world.purged.load(Ordering::SeqCst),
        restored: world.restored.load(Ordering::SeqCst),
        resets: resets.count() as u64,
        pokes: world.network.pokes(),
    })
}

/// Says all that does not hold, and not the first of it alone: a promise that is broken often breaks others.
async fn judge_all(world: &World, lives: &mut [Life]) -> Result<(), String> {
    together([
        quiet(world, lives).await,
        judge(world, lives).await,
        judge_answers(world),
    ])?;
    // Whoever is wrong already may never hear, and that takes long.
    are_heard(world, lives).await?;
    judge_answers(world)
}

/// Everybody acts at once.
async fn act(world: &Arc<World>, lives: Vec<Life>) -> Result<Vec<Life>, String> {
    let mut acting = JoinSet::new();
    for mut life in lives {
        acting.spawn(async move {
            life.live().await?;
            Ok::<_, String>(Some(life))
        });
    }
    let clerks = Arc::clone(world);
    acting.spawn(async move {
        tokio::try_join!(
            clerk::share(&clerks),
            clerk::admit(&clerks),
            clerk::look(&clerks),
            clerk::restore(&clerks)
        )?;
        Ok(None)
    });
    let mut lives = Vec::new();
    while let Some(acted) = acting.join_next().await {
        let life = acted.map_err(|error| format!("it panicked: {error}"))??;
        lives.extend(life);
    }
    lives.sort_by(|one, other| one.device.name.cmp(&other.device.name));
    Ok(lives)
}

/// What was killed in a run, beside clients.
#[derive(Default)]
struct Struck {
    servers: u64,
    databases: u64,
}

/// Kills what may be killed until all have acted.
async fn strike(
    world: &World,
    arena: &mut Arena,
    children: &Children,
    ended: watch::Receiver<bool>,
) -> Struck {
    let mut dice = world.dice(Actor::Striker);
    let mut struck = Struck::default();
    let blows = if world.blows == Blows::Network {
        0
    } else {
        BLOWS
    };
    for _ in 0..blows {
        sleep(Duration::from_millis(dice.random_range(20..300))).await;
        if *ended.borrow() {
            break;
        }
        match dice.random_range(0..10) {
            0..2 => {
                world.log.add("the Rust clients are killed");
                children.rust.kill().await;
            }
            2..4 => {
                world.log.add("the TypeScript clients are killed");
                children.typescript.kill().await;
            }
            4..8 if world.blows == Blows::Database => {
                world.log.add("PostgreSQL is killed");
                world.log.add(arena.strike_database().await);
                struck.databases += 1;
                // Servers look for it twice a second.
                sleep(Duration::from_millis(dice.random_range(600..1_200))).await;
            }
            _ => {
                world.log.add("a server is killed");
                world.log.add(arena.strike_server(&mut dice).await);
                struck.servers += 1;
            }
        }
    }
    struck
}
