//! Versions that somebody takes back.

use std::sync::atomic::Ordering;

use rand::{RngExt, seq::IndexedRandom};
use reqwest::Method;
use serde_json::{Value, json};

use super::{STEPS, looking::Address, pause};
use crate::faults::{network::lock, world::World};

/// Restores versions of documents, in some runs: in these the judge does not know which of the values that
/// there were before are to be in the document.
pub(in crate::faults) async fn restore(world: &World, actor: u64) -> Result<(), String> {
    let mut dice = world.dice(actor);
    if dice.random_bool(0.6) {
        return Ok(());
    }
    for _ in 0..dice.random_range(STEPS) {
        pause(&mut dice).await;
        let Some(address) = Address::any(world, &mut dice) else {
            continue;
        };
        let versions = address.ask(world, Method::GET, "/versions", &Value::Null);
        let (_, listed, _) = versions.await?;
        let versions = listed["versions"].as_array();
        if let Some(version) = versions.and_then(|versions| versions.choose(&mut dice)) {
            take_back(world, &address, &version["_rev"]).await?;
        }
    }
    Ok(())
}

async fn take_back(world: &World, address: &Address, revision: &Value) -> Result<(), String> {
    let body = json!({ "rev": revision });
    let asked = address.ask(world, Method::POST, "/restore", &body).await?;
    let (status, answer, is_repeated) = asked;
    if status == 200 || is_repeated {
        world.restored.fetch_add(1, Ordering::SeqCst);
        lock(&world.model).restored(&address.name);
    }
    if status == 200 || status == 403 || address.may_be_refused(world, status) {
        return Ok(());
    }
    let Address { user, name, .. } = address;
    Err(format!("{user} cannot restore {name}: {status} {answer}"))
}
