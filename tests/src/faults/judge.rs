//! What must hold when a run is over.

mod answers;
mod clocks;
mod confirmed;
mod departures;
mod links;
mod looks;
mod places;
mod pokes;
mod refusals;
mod reports;
mod searches;
mod stillness;
mod unheard;

use std::collections::BTreeMap;

use serde_json::Value;
use syncline_domain::access::{Access, Namespace};

use super::{
    clerk,
    device::View,
    life::Life,
    model::{Name, is_owner, user_id},
    network::lock,
    world::{Documents, World},
};
pub(super) use answers::judge_answers;
pub(super) use departures::part;
pub(super) use places::told_of;
pub(super) use pokes::are_heard;

/// How often everybody synchronises before they must agree.
const ROUNDS: usize = 12;

/// All that several verdicts find, on one line.
pub(super) fn together(
    verdicts: impl IntoIterator<Item = Result<(), String>>,
) -> Result<(), String> {
    let found: Vec<_> = verdicts.into_iter().filter_map(Result::err).collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(found.join("; "))
    }
}

/// Everybody synchronises until all is still, and agrees with fresh pulls.
pub(super) async fn quiet(world: &World, lives: &mut [Life]) -> Result<(), String> {
    world.log.add("quiet");
    for life in &mut *lives {
        // One that was killed notices it first.
        life.view().await?;
        let retried = life.retry().await;
        life.bear(retried).await?;
    }
    let mut difference = String::new();
    for _ in 0..ROUNDS {
        difference.clear();
        synchronise(lives).await?;
        for life in &mut *lives {
            if let Some(differs) = differs(world, life).await? {
                difference = differs;
            }
        }
        if difference.is_empty() {
            return stillness::is_kept(world, lives).await;
        }
    }
    Err(difference)
}

async fn synchronise(lives: &mut [Life]) -> Result<(), String> {
    for life in lives {
        let synchronised = life.sync().await;
        life.bear(synchronised).await?;
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
        if let (Some((served, _)), Some((edited, _))) = (fresh.get_mut(id), shown.get_mut(id)) {
            edited.clone_from(served);
        } else {
            fresh.remove(id);
            shown.remove(id);
        }
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
        .map(|(id, (document, access))| {
            let access = access.map(as_served);
            (id.clone(), (document.clone().into(), access))
        })
        .collect()
}

fn as_served(access: syncline_client::Access) -> Access {
    match access {
        syncline_client::Access::Read => Access::Read,
        syncline_client::Access::Write => Access::Write,
    }
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
        for ((owner, key), (document, _)) in &pulled {
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
    for ((_, key), (document, _)) in common {
        let namespace = Namespace::Organisation(organisation.clone());
        all.insert(Name { namespace, key }, document);
    }
    for user in &present {
        everything_is_seen(world, user, &all).await?;
    }
    confirmed::is_not_pushed_again(world, lives)?;
    links::lead(world, &all).await?;
    looks::agree(world, &all).await?;
    searches::find_all(world).await?;
    departures::nothing_names(world).await?;
    let model = lock(&world.model);
    let names = model.names();
    if let Some(name) = all.keys().find(|name| !names.contains(name)) {
        return Err(format!("nobody made {name}"));
    }
    for name in names {
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
            if !is_outside && access == Some(Access::Write) {
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
        let access = model.access(user, name)?;
        let told = owner.is_some().then_some(access);
        Some(((owner, name.key.clone()), (document.clone(), told)))
    });
    let visible: Documents = visible.collect();
    if visible == pulled {
        Ok(())
    } else {
        Err(format!("{user} pulls {pulled:?}, and may see {visible:?}"))
    }
}
