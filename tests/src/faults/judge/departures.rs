//! What must hold of a user whose account was deleted.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    faults::{device::Trouble, life::Life, network::lock, world::World},
    traces::tables_with,
};

/// How long it may take until every server knows of a deletion.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes leave of the devices whose user is gone: every server refuses them. Nobody hears what became
/// of what they pushed last, and what others wrote there may have lost to it.
pub(in crate::faults) async fn part(world: &World, lives: Vec<Life>) -> Result<Vec<Life>, String> {
    let mut staying = Vec::new();
    for mut life in lives {
        if !lock(&world.model).is_gone(&life.device.place.user) {
            staying.push(life);
            continue;
        }
        is_refused(&mut life).await?;
        life.device.close().await;
        let model = &mut lock(&world.model);
        for (name, tokens) in &life.device.unsettled {
            let others = model.ledger.missing(&name.to_string(), &Value::Null);
            let tokens = tokens.iter().copied();
            model.ledger.excuse(tokens.chain(others));
        }
    }
    Ok(staying)
}

async fn is_refused(life: &mut Life) -> Result<(), String> {
    let start = Instant::now();
    while !life.is_over {
        let synchronised = life.sync().await;
        if synchronised == Err(Trouble::Gone) {
            return Ok(());
        }
        life.bear(synchronised).await?;
        if start.elapsed() > PATIENCE {
            let user = &life.device.place.user;
            return Err(format!("{user} is answered, whose account is gone"));
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// Nothing in the database names a user whose account was deleted.
pub(super) async fn nothing_names(world: &World) -> Result<(), String> {
    for user in &world.users {
        if !lock(&world.model).is_gone(user) {
            continue;
        }
        let tables = tables_with(world.past.database(), user).await;
        if !tables.is_empty() {
            return Err(format!("{user} is gone, and named in {tables:?}"));
        }
    }
    Ok(())
}
