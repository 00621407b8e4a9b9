//! What must hold when a run is over.

mod answers;
mod clocks;
mod departures;
mod links;
mod unheard;

use std::collections::BTreeMap;

use serde_json::Value;
use syncline_domain::access::Namespace;

use super::{
    clerk,
    device::View,
    life::Life,
    model::{Name, is_owner, user_id},
    network::lock,
    world::{Blows, World},
};
pub(super) use answers::judge_answers;
pub(super) use departures::part;

/// What a user's namespace and those of others hold for the user.
type Documents = BTreeMap<(Option<String>, String), Value>;

/// How often everybody synchronises before they must agree.
const ROUNDS: usize = 12;

/// Everybody synchronises until all is still, and agrees with fresh pulls.
pub(super) async fn quiet(world: &World, lives: &mut [Life]) -> Result<(), String> {
    world.log.add("quiet");
    for life in &mut *lives {
        retry(life).await?;
    }
    let mut difference = String::new();
    for _ in 0..ROUNDS {
        difference.clear();
        for life in &mut *lives {
            let synchronised = life.sync().await;
            life.bear(synchronised).await?;
        }
        for life in &mut *lives {
            if let Some(differs) = differs(world, life).await? {
                difference = differs;
            }
        }
        if difference.is_empty() {
            return Ok(());
        }
    }
    Err(difference)
}

/// What was refused at some time may be welcome by now.
async fn retry(life: &mut Life) -> Result<(), String> {
    for id in life.view().await?.rejected {
        let retried = life.device.retry(&id).await;
        retried.map_err(|trouble| format!("{trouble:?}"))?;
    }
    Ok(())
}

/// How a device differs from what its user should have; none if it does not.
async fn differs(world: &World, life: &mut Life) -> Result<Option<String>, String> {
    let (user, organisation) = (
        life.device.place.user.clone(),
        life.device.place.organisation.clone(),
    );
    let is_outside = organisation.is_some() && !lock(&world.model).is_member(&user);
    if is_outside {
        return Ok(None);
    }
    let view = life.view().await?;
    if view.unsent != view.rejected.len() {
        let waiting = view.unsent;
        return Ok(Some(format!(
            "{} has {waiting} documents to push, {:?} rejected",
            life.device.name, view.rejected
        )));
    }
    let mut fresh = world.pull(&user, organisation.as_deref()).await?;
    let mut shown = shown(&view);
    for id in &view.rejected {
        fresh.remove(id);
        shown.remove(id);
    }
    Ok((fresh != shown).then(|| {
        format!(
            "{} of {user} has {shown:?}, a fresh pull gives {fresh:?}",
            life.device.name
        )
    }))
}

fn shown(view: &View) -> Documents {
    let documents = view.documents.iter();
    documents
        .map(|(id, (document, _))| (id.clone(), document.clone().into()))
        .collect()
}

/// Nothing that was edited is gone without a report, and every document is seen by all who may see
/// it, and by nobody else.
pub(super) async fn judge(world: &World, lives: &mut [Life]) -> Result<(), String> {
    clerk::confirm(world).await?;
    excuse(world, lives).await?;
    let mut all = BTreeMap::new();
    let present = world.present();
    for user in &present {
        let pulled = world.pull(user, None).await?;
        for ((owner, key), document) in &pulled {
            if owner.is_none() {
                let namespace = Namespace::Personal(user_id(user));
                let key = key.clone();
                all.insert(Name { namespace, key }, document.clone());
            }
        }
    }
    let organisation = lock(&world.model).organisation.clone();
    let common = world
        .pull(&world.users[0], Some(organisation.as_str()))
        .await?;
    for ((_, key), document) in common {
        let namespace = Namespace::Organisation(organisation.clone());
        all.insert(Name { namespace, key }, document);
    }
    for user in &present {
        everything_is_seen(world, user, &all).await?;
    }
    links::lead(world, &all).await?;
    departures::nothing_names(world).await?;
    let model = lock(&world.model);
    for name in model.names() {
        if world
            .users
            .iter()
            .any(|user| model.is_gone(user) && is_owner(user, &name))
        {
            continue;
        }
        let document = all.get(&name).unwrap_or(&Value::Null);
        model.ledger.check(&name.to_string(), document)?;
    }
    Ok(())
}

/// Whoever could not push an edit knows that it may be gone.
async fn excuse(world: &World, lives: &mut [Life]) -> Result<(), String> {
    for life in lives {
        let view = life.view().await?;
        life.hear();
        let is_outside = life.device.place.organisation.is_some()
            && !lock(&world.model).is_member(&life.device.place.user);
        for id in &view.rejected {
            let name = life.device.named(id);
            let access = lock(&world.model).access(&life.device.place.user, &name);
            if !is_outside && access == Some(syncline_domain::access::Access::Write) {
                return Err(format!("{}: {name} was rejected", life.device.name));
            }
        }
        let model = &mut lock(&world.model);
        for tokens in life.device.unsettled.values() {
            model.ledger.excuse(tokens.iter().copied());
        }
    }
    unheard::excuse(world).await?;
    unheard::excuse_new(world);
    // A report may have reached a program a moment before it was killed.
    if world.blows != Blows::Network {
        let exchanges = world.network.exchanges();
        for exchange in exchanges.iter().filter(|exchange| exchange.is_delivered) {
            lock(&world.model)
                .ledger
                .heard(&exchange.answer["conflicts"]);
        }
    }
    Ok(())
}

async fn everything_is_seen(
    world: &World,
    user: &str,
    all: &BTreeMap<Name, Value>,
) -> Result<(), String> {
    let pulled = world.pull(user, None).await?;
    let model = lock(&world.model);
    let visible = all.iter().filter_map(|(name, document)| {
        let Namespace::Personal(owner) = &name.namespace else {
            return None;
        };
        let owner = (owner.as_str() != user).then(|| owner.as_str().to_owned());
        let is_visible = model.access(user, name).is_some();
        is_visible.then(|| ((owner, name.key.clone()), document.clone()))
    });
    let visible: Documents = visible.collect();
    if visible == pulled {
        Ok(())
    } else {
        Err(format!("{user} pulls {pulled:?}, and may see {visible:?}"))
    }
}
