use std::collections::BTreeMap;

use crate::{
    clients::Id,
    faults::{
        life::Life,
        network::{Exchange, id},
        world::{Blows, World},
    },
};

/// What a device was told to be stored, by the newest revision of each document.
type Confirmed<'e> = BTreeMap<Id, &'e str>;

/// A device does not push again what it was told to be stored, unless it must begin anew. Only cores are
/// judged, which are named as their requests are, and never end amid one. A store that is killed, or ended, may
/// have kept nothing of an answer.
pub(super) fn is_not_pushed_again(world: &World, lives: &[Life]) -> Result<(), String> {
    if world.blows != Blows::Network {
        return Ok(());
    }
    let exchanges = world.network.exchanges();
    for life in lives {
        let mut confirmed = Confirmed::new();
        let own = |exchange: &&Exchange| exchange.sender == life.device.name && !exchange.is_copy;
        for exchange in exchanges.iter().filter(own) {
            let again = exchange.pushed.iter().find(|(id, revision)| {
                confirmed
                    .get(*id)
                    .is_some_and(|confirmed| confirmed == revision)
            });
            if let Some((id, revision)) = again {
                let (name, number) = (&life.device.name, exchange.number);
                return Err(format!(
                    "request {number}: {name} pushes {revision} of {id:?} again"
                ));
            }
            hear(&mut confirmed, exchange);
        }
    }
    Ok(())
}

fn hear<'e>(confirmed: &mut Confirmed<'e>, exchange: &'e Exchange) {
    if !exchange.is_delivered {
        return;
    }
    if exchange.is_reset() {
        confirmed.clear();
    }
    let accepted = exchange.answer["accepted"].as_array().into_iter().flatten();
    for id in accepted.filter_map(id) {
        if let Some(revision) = exchange.pushed.get(&id) {
            confirmed.insert(id, revision);
        }
    }
}
