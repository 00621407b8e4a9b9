//! A user whose account is deleted amid everything else.

use rand::{RngExt, seq::IndexedRandom};
use reqwest::Method;
use serde_json::Value;
use syncline_domain::access::AccessEntry;
use tokio::time::Instant;

use crate::faults::{
    model::{Model, Name, is_owner},
    network::lock,
    world::{Actor, World},
};
use crate::simulation::Dice;

/// Whoever is to leave.
pub(super) struct Leaver {
    user: String,
    /// How many steps of the one who shares are left then.
    last: usize,
    dice: Dice,
}

impl Leaver {
    pub(super) fn of(world: &World) -> Option<Self> {
        let user = world.users.get(3)?.clone();
        let mut dice = world.dice(Actor::Leaver);
        let last = dice.random_range(0..4);
        Some(Self { user, last, dice })
    }

    /// Shows others what there is, until it is time to leave.
    pub(super) async fn step(&mut self, world: &World, left: usize) -> Result<(), String> {
        if left == self.last {
            return leave(world, &self.user).await;
        }
        let names: Vec<_> = lock(&world.model).names().into_iter().collect();
        let names: Vec<_> = names
            .iter()
            .filter(|name| is_owner(&self.user, name))
            .collect();
        match names.choose(&mut self.dice) {
            Some(name) if left > self.last => {
                let entry = super::new_entry(world, name, &mut self.dice);
                super::decide(world, name, entry).await
            }
            _ => Ok(()),
        }
    }
}

/// Deletes the account. What was shared with the user is shared no longer.
async fn leave(world: &World, user: &str) -> Result<(), String> {
    // Nobody takes the user into the organisation meanwhile.
    let _alone = world.admitting.lock().await;
    let left = begin(&mut lock(&world.model), user);
    let asked = world.ask(user, Method::DELETE, "/account", &Value::Null);
    let (status, answer, _) = asked.await?;
    if status != 204 {
        return Err(format!("the account of {user} stays: {status} {answer}"));
    }
    end(&mut lock(&world.model), user, &left);
    world.log.add(format!("{user} is gone"));
    Ok(())
}

/// Returns the documents that were shared with the user, as far as it is known how they are shared.
fn begin(model: &mut Model, user: &str) -> Vec<Name> {
    let now = Instant::now();
    model.leaves(user, now);
    model.member(user).may_become(false, now);
    let names = model.names().into_iter();
    let shared = names.filter_map(|name| {
        let entry = model.entry(&name);
        let is_certain = entry.is_certain();
        let possible = entry.between(now, now);
        let left: Vec<_> = possible
            .filter_map(|period| without(&period.value, user))
            .collect();
        let is_shared = !left.is_empty();
        for without in left {
            entry.may_become(without, now);
        }
        (is_shared && is_certain).then_some(name)
    });
    shared.collect()
}

fn end(model: &mut Model, user: &str, left: &[Name]) {
    let now = Instant::now();
    model.has_left(user, now);
    model.member(user).became(now);
    for name in left {
        model.entry(name).became(now);
    }
}

/// What an entry says when a user is forgotten; none if it does not name that user.
fn without(entry: &AccessEntry, user: &str) -> Option<AccessEntry> {
    let mut entry = entry.clone();
    let before = entry.shares.len();
    entry.shares.retain(|share| share.user.as_str() != user);
    (entry.shares.len() < before).then_some(entry)
}
