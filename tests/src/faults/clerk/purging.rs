//! Purges amid everything else, and what nobody can be told afterwards.

use std::{collections::BTreeSet, sync::atomic::Ordering, time::Duration};

use rand::RngExt;
use serde_json::Value;
use syncline_domain::access::AccessEntry;
use tokio::time::{Instant, sleep};

use crate::faults::{
    model::{Link, Name},
    network::lock,
    past::{Failure, Purge},
    world::{Actor, Blows, World},
};
use crate::simulation::Dice;

/// Whether a purge is due, in how many steps of the one who shares.
pub(super) fn plan(world: &World) -> (Dice, f64) {
    let mut dice = world.dice(Actor::Purger);
    // A purge resets the devices of all worlds on the same database.
    let chance = if dice.random_bool(0.4) { 0.2 } else { 0.0 };
    (dice, chance)
}

/// Purges, and writes down what went.
pub(super) async fn purge(world: &World, dice: &mut Dice) -> Result<(), String> {
    let pause = Duration::from_millis(dice.random_range(0..150));
    let mut doomed = Doomed::new();
    let purged = attempt(world, pause, &mut doomed).await;
    world.log.add(format!("purged: {purged:?}"));
    match purged {
        Ok(rows) => {
            world.purged.fetch_add(rows, Ordering::SeqCst);
            Ok(())
        }
        // It may have been done or not.
        Err(_) if world.blows == Blows::Database => {
            doomed.doubt(world);
            Ok(())
        }
        Err(failure) => Err(format!("nothing is purged: {failure}")),
    }
}

async fn attempt(world: &World, pause: Duration, doomed: &mut Doomed) -> Result<u64, Failure> {
    let mut purge = world.past.begin(&world.collection).await?;
    sleep(pause).await;
    doomed.find(world, &mut purge).await?;
    let rows = purge.finish().await?;
    doomed.settle(world, &mut purge).await?;
    Ok(rows)
}

/// What a purge may remove that the judge has to know of.
struct Doomed {
    /// Deleted documents, whose readers were decided in vain when they are gone.
    documents: BTreeSet<Name>,
    reports: Vec<(i64, Value)>,
    /// When they may have gone, at the earliest.
    began: Instant,
}

impl Doomed {
    fn new() -> Self {
        Self {
            documents: BTreeSet::new(),
            reports: Vec::new(),
            began: Instant::now(),
        }
    }

    async fn find(&mut self, world: &World, purge: &mut Purge<'_>) -> Result<(), Failure> {
        let reports = purge.reports().await?;
        let read =
            |(id, report): (i64, String)| Ok::<_, Failure>((id, serde_json::from_str(&report)?));
        self.reports = reports.into_iter().map(read).collect::<Result<_, _>>()?;
        let tombstones = purge.tombstones().await?;
        let mut model = lock(&world.model);
        for name in tombstones {
            let now = Instant::now();
            model.entry(&name).may_become(AccessEntry::default(), now);
            model.link(&name).may_become(Link::None, now);
            self.documents.insert(name);
        }
        Ok(())
    }

    /// Whoever has not heard a report by now, for the whole retention, never will.
    async fn settle(&mut self, world: &World, purge: &mut Purge<'_>) -> Result<(), Failure> {
        let kept: BTreeSet<_> = purge
            .reports()
            .await?
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        let entries = purge.entries().await?;
        let tombstones = purge.tombstones().await?;
        let mut model = lock(&world.model);
        for name in self.documents.difference(&tombstones) {
            model.forget(name, self.began);
        }
        let gone = self.reports.drain(..).filter(|(id, _)| !kept.contains(id));
        model
            .ledger
            .heard(&gone.map(|(_, report)| report).collect());
        for name in std::mem::take(&mut self.documents) {
            let now = Instant::now();
            if entries.contains(&name) {
                model.entry(&name).stayed();
                model.link(&name).stayed();
            } else {
                model.entry(&name).became(now);
                model.link(&name).became(now);
            }
        }
        Ok(())
    }

    fn doubt(self, world: &World) {
        let mut model = lock(&world.model);
        let reports = self.reports.into_iter().map(|(_, report)| report);
        model.ledger.heard(&reports.collect());
        for name in &self.documents {
            model.forget(name, self.began);
        }
        model.uncertain.extend(self.documents);
    }
}
