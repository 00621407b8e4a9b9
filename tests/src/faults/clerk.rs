//! Whoever changes who may see what, and whoever looks at what there is beside synchronising.

mod leaving;
mod linking;
mod looking;
mod purging;
mod restoring;

use std::time::Duration;

use rand::{RngExt, seq::IndexedRandom};
use reqwest::Method;
use serde_json::{Value, json};
use syncline_domain::access::{Access, AccessEntry, Namespace, Share, Visibility};
use tokio::time::{Instant, sleep};

use super::{
    model::{Name, is_owner, user_id},
    network::lock,
    world::{Actor, World},
};
use crate::simulation::Dice;
pub(super) use linking::follow;
pub(super) use looking::{Address, look};
pub(super) use restoring::restore;

/// How long the changes and the questions of a run go on.
const STEPS: std::ops::RangeInclusive<usize> = 5..=10;

/// Shares documents and takes them back, with users and by links. Purges as well, which forgets how deleted ones were shared, and
/// deletes the account of whoever is to leave, with whom nothing is shared from then on.
pub(super) async fn share(world: &World) -> Result<(), String> {
    let mut dice = world.dice(Actor::Sharer);
    let (mut purging, chance) = purging::plan(world);
    let mut leaver = leaving::Leaver::of(world);
    let mut linking = world.dice(Actor::Linker);
    for left in (0..dice.random_range(STEPS)).rev() {
        pause(&mut dice).await;
        if let Some(leaver) = &mut leaver {
            leaver.step(world, left).await?;
        }
        if purging.random_bool(chance) {
            purging::purge(world, &mut purging).await?;
        }
        let names: Vec<_> = lock(&world.model).names().into_iter().collect();
        let is_owned = |name: &&Name| {
            let model = lock(&world.model);
            matches!(&name.namespace, Namespace::Personal(owner) if !model.is_gone(owner.as_str()))
        };
        let names: Vec<_> = names.iter().filter(is_owned).collect();
        if let Some(name) = names.choose(&mut dice) {
            let entry = new_entry(world, name, &mut dice);
            decide(world, name, entry).await?;
        }
        if linking.random_bool(0.5) {
            linking::step(world, &names, &mut linking).await?;
        }
    }
    Ok(())
}

fn new_entry(world: &World, name: &Name, dice: &mut Dice) -> AccessEntry {
    let present = world.present();
    let others = present.iter().filter(|user| !is_owner(user, name));
    let shares = others.filter_map(|user| {
        let access = [None, Some(Access::Read), Some(Access::Write)][dice.random_range(0..3)];
        access.map(|access| Share {
            user: user_id(user),
            access,
        })
    });
    let shares = shares.collect();
    let visibility = match dice.random_range(0..10) {
        0 => Visibility::Private,
        1 => Visibility::Public,
        // The first user founded the organisation and never leaves it.
        2..4 if is_owner(&world.users[0], name) => Visibility::Org,
        _ => Visibility::Shared,
    };
    let organisation = lock(&world.model).organisation.clone();
    AccessEntry {
        visibility,
        organisation: (visibility == Visibility::Org).then_some(organisation),
        shares,
    }
}

/// Says all that an entry holds, so that what it was before does not matter.
async fn decide(world: &World, name: &Name, entry: AccessEntry) -> Result<(), String> {
    let Namespace::Personal(owner) = &name.namespace else {
        return Ok(());
    };
    let mut body = json!({
        "visibility": entry.visibility,
        "sharedWith": entry.shares.iter().map(share_of).collect::<Vec<_>>(),
        "unshare": unshared(world, &entry).map(|user| json!({ "userId": user })).collect::<Vec<_>>(),
    });
    if let Some(organisation) = &entry.organisation {
        body["orgId"] = organisation.as_str().into();
    }
    lock(&world.model)
        .entry(name)
        .may_become(entry, Instant::now());
    let path = path(world, name);
    let (status, answer, is_repeated) = world
        .ask(owner.as_str(), Method::PATCH, &path, &body)
        .await?;
    let mut model = lock(&world.model);
    match status {
        200 => {
            model.entry(name).became(Instant::now());
            model.uncertain.remove(name);
        }
        // It may have been done before the document was deleted.
        404 if is_repeated => drop(model.uncertain.insert(name.clone())),
        // The document is not there, or not yet.
        404 => model.entry(name).stayed(),
        _ => return Err(format!("{name} cannot be shared: {status} {answer}")),
    }
    Ok(())
}

/// Asks the owners whether what was decided is so, and learns what nobody can know.
pub(super) async fn confirm(world: &World) -> Result<(), String> {
    let names = lock(&world.model).names();
    for name in names {
        let Namespace::Personal(owner) = &name.namespace else {
            continue;
        };
        let path = path(world, &name);
        let asked = world.ask(owner.as_str(), Method::GET, &path, &Value::Null);
        let (status, told, _) = asked.await?;
        if status != 200 {
            continue;
        }
        let (told, mut model) = (entry_of(&told), lock(&world.model));
        if model.uncertain.remove(&name) {
            model.entry(&name).may_become(told, Instant::now());
            model.entry(&name).became(Instant::now());
        } else if *model.entry(&name).last() != told {
            let decided = model.entry(&name).last();
            return Err(format!("{name} was to be {decided:?}, and is {told:?}"));
        }
    }
    Ok(())
}

fn entry_of(told: &Value) -> AccessEntry {
    let shares = told["sharedWith"].as_array().into_iter().flatten();
    AccessEntry {
        visibility: serde_json::from_value(told["visibility"].clone()).expect("it has one"),
        organisation: serde_json::from_value(told["orgId"].clone()).unwrap_or_default(),
        shares: shares
            .map(|share| Share {
                user: user_id(share["userId"].as_str().expect("a share has a user")),
                access: serde_json::from_value(share["access"].clone()).expect("and an access"),
            })
            .collect(),
    }
}

/// Takes members into the organisation and sends them away.
pub(super) async fn admit(world: &World) -> Result<(), String> {
    let mut dice = world.dice(Actor::Admin);
    let (admin, organisation) = (&world.users[0], lock(&world.model).organisation.clone());
    for _ in 0..dice.random_range(STEPS) {
        pause(&mut dice).await;
        let user = &world.users[dice.random_range(1..world.users.len())];
        let _alone = world.admitting.lock().await;
        if lock(&world.model).is_gone(user) {
            continue;
        }
        let is_member = !lock(&world.model).is_member(user);
        let now = Instant::now();
        lock(&world.model).member(user).may_become(is_member, now);
        let path = format!("/orgs/{}/members", organisation.as_str());
        let asked = if is_member {
            let body = json!({ "userId": user });
            world.ask(admin, Method::POST, &path, &body).await
        } else {
            let path = format!("{path}/{user}");
            world.ask(admin, Method::DELETE, &path, &Value::Null).await
        };
        match asked? {
            (201 | 204, _, _) | (404 | 409, _, true) => {}
            (status, answer, _) => {
                return Err(format!("{user} cannot come or go: {status} {answer}"));
            }
        }
        lock(&world.model).member(user).became(Instant::now());
    }
    Ok(())
}

fn path(world: &World, name: &Name) -> String {
    format!(
        "/docIndex/todo/{}?collection={}",
        name.key, world.collection
    )
}

fn share_of(share: &Share) -> Value {
    json!({ "userId": share.user.as_str(), "access": share.access })
}

fn unshared<'w>(world: &'w World, entry: &'w AccessEntry) -> impl Iterator<Item = &'w str> {
    let is_shared = |user: &&str| {
        let mut shares = entry.shares.iter();
        shares.any(|share| share.user.as_str() == *user)
    };
    let users = world.users.iter().map(String::as_str);
    users.filter(move |user| !is_shared(user))
}

async fn pause(dice: &mut Dice) {
    sleep(Duration::from_millis(dice.random_range(0..25))).await;
}
