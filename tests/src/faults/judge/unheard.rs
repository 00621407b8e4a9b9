use std::collections::BTreeSet;

use serde_json::Value;

use crate::faults::{network::lock, world::World};

/// A device that never had an answer pushes again what it made first. When its deletion was purged
/// meanwhile, nothing tells that from a new document.
pub(super) fn excuse_new(world: &World) {
    let model = &mut lock(&world.model);
    let exchanges = world.network.exchanges();
    for exchange in exchanges.iter().filter(|it| it.clock.is_none()) {
        let known = exchange.new.iter().copied();
        let again: Vec<_> = known
            .filter(|token| model.is_forgotten(*token, exchange.end))
            .collect();
        model.ledger.excuse(again);
    }
}

/// Whoever was sent away hears nothing more of what was pushed before.
pub(super) async fn excuse(world: &World) -> Result<(), String> {
    let devices = outside(world);
    if devices.is_empty() {
        return Ok(());
    }
    let kept = world.past.reports(&world.collection).await;
    let kept = kept.map_err(|error| format!("nobody knows what is kept: {error}"))?;
    let ledger = &mut lock(&world.model).ledger;
    for (_, report) in kept.iter().filter(|(node, _)| devices.contains(node)) {
        let report: Value = serde_json::from_str(report).map_err(|error| error.to_string())?;
        ledger.heard(&vec![report].into());
    }
    Ok(())
}

/// The devices that wrote into the organisation, and whose users are not in it.
fn outside(world: &World) -> BTreeSet<String> {
    let model = lock(&world.model);
    let exchanges = world.network.exchanges();
    let common = exchanges.iter().filter(|it| it.organisation.is_some());
    common
        .filter(|exchange| !model.is_member(&exchange.user))
        .map(|exchange| exchange.sender.clone())
        .collect()
}
