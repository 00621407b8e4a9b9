//! Versions that somebody takes back.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use rand::{RngExt, seq::IndexedRandom};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{looking::Address, pause};
use crate::faults::{
    network::lock,
    world::{Actor, World},
};
use crate::simulation::ledger::{Token, tokens};

/// How often somebody tries. Few documents have older versions, and few users may write them.
const ATTEMPTS: std::ops::RangeInclusive<usize> = 10..=20;

/// Restores versions of documents, in some runs.
pub(in crate::faults) async fn restore(world: &World) -> Result<(), String> {
    let mut dice = world.dice(Actor::Restorer);
    if dice.random_bool(0.5) {
        return Ok(());
    }
    for _ in 0..dice.random_range(ATTEMPTS) {
        pause(&mut dice).await;
        let Some(address) = Address::any(world, &mut dice) else {
            continue;
        };
        let versions = listed(world, &address).await?;
        // The first is what the document is.
        let older = versions.get(1..).unwrap_or_default();
        if let Some(wanted) = older.choose(&mut dice) {
            take_back(world, &address, wanted).await?;
        }
    }
    Ok(())
}

/// The versions of a document, the newest first; none if the user may not see it.
async fn listed(world: &World, address: &Address) -> Result<Vec<Value>, String> {
    let start = Instant::now();
    let asked = address.ask(world, Method::GET, "/versions", &Value::Null);
    let (status, mut answer, _) = asked.await?;
    match answer["versions"].take() {
        Value::Array(versions) if status == 200 => Ok(versions),
        _ if address.may_be_refused(world, status, start) => Ok(Vec::new()),
        _ => Err(cannot(address, status, &answer)),
    }
}

async fn take_back(world: &World, address: &Address, wanted: &Value) -> Result<(), String> {
    let start = Instant::now();
    let body = json!({ "rev": wanted["_rev"] });
    let asked = address.ask(world, Method::POST, "/restore", &body).await?;
    let (status, answer, is_repeated) = asked;
    if status == 200 {
        world.restored.fetch_add(1, Ordering::SeqCst);
        lock(&world.model).ledger.heard(&answer["conflicts"]);
    } else {
        let is_read_only = status == 403 && address.may_be_read_only(world, start);
        if !is_read_only && !address.may_be_refused(world, status, start) {
            return Err(cannot(address, status, &answer));
        }
    }
    if is_repeated {
        // Nobody knows how often it was done, and of what.
        lock(&world.model).restored(&address.name);
    } else if status == 200 {
        settle(world, address, wanted, (start, &answer)).await?;
    }
    Ok(())
}

/// What newer versions have and this has not may be gone, and what it has and they have not is there again.
async fn settle(
    world: &World,
    address: &Address,
    wanted: &Value,
    (asked, answer): (Instant, &Value),
) -> Result<(), String> {
    let name = &address.name;
    let versions = listed(world, address).await?;
    let place = |revision: &Value| {
        let mut places = versions.iter();
        places.position(|version| version["_rev"] == *revision)
    };
    let Some(old) = place(&wanted["_rev"]) else {
        lock(&world.model).restored(name);
        return may_be_missing(world, address, asked);
    };
    // What came after the answer is not of its doing.
    let new = place(&answer["document"]["_rev"]).unwrap_or_default();
    let newer = versions.get(new..old).unwrap_or_default();
    let held: BTreeSet<_> = newer.iter().flat_map(tokens).collect();
    let told: BTreeSet<_> = tokens(&answer["conflicts"]).into_iter().collect();
    let back: BTreeSet<_> = tokens(wanted).into_iter().collect();
    let mut lost = back.difference(&held).filter(|token| !told.contains(token));
    if let Some(token) = lost.next() {
        return Err(format!("{name} was restored without <{token}>"));
    }
    let ledger = &mut lock(&world.model).ledger;
    for version in newer {
        let held: BTreeSet<Token> = tokens(version).into_iter().collect();
        ledger.excuse(held.symmetric_difference(&back).copied());
    }
    Ok(())
}

/// A version that was there a moment ago was purged since, or the user may see it no longer.
fn may_be_missing(world: &World, address: &Address, asked: Instant) -> Result<(), String> {
    let (Address { user, name, .. }, now) = (address, Instant::now());
    let model = lock(&world.model);
    let is_hidden = model.may_not_see_document(user, name, asked, now);
    if is_hidden || model.may_be_gone(user, now) || world.past.may_purge(asked, now) {
        Ok(())
    } else {
        Err(format!(
            "the version of {name} that {user} restored is gone"
        ))
    }
}

fn cannot(address: &Address, status: u16, answer: &Value) -> String {
    let Address { user, name, .. } = address;
    format!("{user} cannot restore {name}: {status} {answer}")
}
