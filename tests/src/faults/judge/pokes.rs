use std::time::Duration;

use rand::RngExt;
use reqwest::Method;
use serde_json::json;
use syncline_domain::identifier::OrganisationId;
use tokio::time::{Instant, sleep};

use crate::{
    faults::{
        life::Life,
        network::lock,
        world::{Actor, World},
    },
    replica::{change, stamp},
};

/// How long a device may take to open a stream again, which it tries after ever longer pauses.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is tried: it takes longer than all the rest.
const CHANCE: f64 = 0.3;

/// A store shows what others write, and need not be told to ask.
pub(in crate::faults) async fn are_heard(world: &World, lives: &mut [Life]) -> Result<(), String> {
    if !world.dice(Actor::Poker).random_bool(CHANCE) {
        return Ok(());
    }
    let stores = lives.iter_mut().filter(|life| life.device.is_store());
    for (life, number) in stores.zip(0..) {
        let user = life.device.place.user.clone();
        let key = format!("poke-{number}");
        match life.device.place.organisation.clone() {
            None => write(world, &user, None, &key).await?,
            Some(organisation) => {
                if !lock(&world.model).is_member(&user) {
                    continue;
                }
                // The first founded it and never leaves it.
                let organisation = OrganisationId::new(&organisation).expect("a server gave it");
                write(world, &world.users[0], Some(&organisation), &key).await?;
            }
        }
        shows(life, key).await?;
    }
    Ok(())
}

async fn write(
    world: &World,
    user: &str,
    organisation: Option<&OrganisationId>,
    key: &str,
) -> Result<(), String> {
    let change = change(key, &json!({ "flag": true }), &stamp("poker", 0));
    let body = json!({ "collection": world.collection, "protocol": 2, "changes": [change] });
    let pushed = world.ask_in(user, organisation, Method::POST, "/todo/sync", &body);
    match pushed.await? {
        (200, _, _) => Ok(()),
        (status, answer, _) => Err(format!("{user} cannot push {key}: {status} {answer}")),
    }
}

async fn shows(life: &mut Life, key: String) -> Result<(), String> {
    let (start, id) = (Instant::now(), (None, key));
    while !life.view().await?.documents.contains_key(&id) {
        if start.elapsed() > PATIENCE {
            let name = &life.device.name;
            return Err(format!("{name} hears nothing of {}", id.1));
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
