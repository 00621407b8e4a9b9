//! Documents that are read one by one, and searched for.

use rand::{RngExt, seq::IndexedRandom};
use reqwest::Method;
use serde_json::{Value, json};
use syncline_domain::{
    access::{Access, Namespace},
    identifier::OrganisationId,
};
use tokio::time::Instant;

use super::{STEPS, pause};
use crate::faults::{
    model::{Name, is_owner},
    network::lock,
    world::{Actor, World},
};
use crate::simulation::Dice;

/// A document, as somebody asks for it by itself.
pub(in crate::faults) struct Address {
    pub(super) user: String,
    pub(super) name: Name,
    pub(super) organisation: Option<OrganisationId>,
    path: String,
    owner: String,
}

impl Address {
    /// Any document, for any user.
    pub(super) fn any(world: &World, dice: &mut Dice) -> Option<Self> {
        let user = world.users.choose(dice)?;
        let names: Vec<_> = lock(&world.model).names().into_iter().collect();
        Some(Self::of(world, user, names.choose(dice)?))
    }

    /// A document, for a user.
    pub(in crate::faults) fn of(world: &World, user: &str, name: &Name) -> Self {
        let collection = &world.collection;
        let path = format!("/todo/collections/{collection}/documents/{}", name.key);
        let (organisation, owner) = match &name.namespace {
            Namespace::Organisation(organisation) => (Some(organisation.clone()), String::new()),
            Namespace::Personal(_) if is_owner(user, name) => (None, String::new()),
            Namespace::Personal(owner) => (None, format!("?owner={}", owner.as_str())),
        };
        Self {
            user: user.to_owned(),
            name: name.clone(),
            organisation,
            path,
            owner,
        }
    }

    /// Asks for the document, or for something behind it.
    pub(in crate::faults) async fn ask(
        &self,
        world: &World,
        method: Method,
        behind: &str,
        body: &Value,
    ) -> Result<(u16, Value, bool), String> {
        let path = format!("{}{behind}{}", self.path, self.owner);
        let organisation = self.organisation.as_ref();
        let asked = world.ask_in(&self.user, organisation, method, &path, body);
        asked.await
    }

    /// Whether it may be answered that there is no such document, or not for this user. That it is not there is judged
    /// with all other answers.
    pub(super) fn may_be_refused(&self, world: &World, status: u16, start: Instant) -> bool {
        let (model, end) = (lock(&world.model), Instant::now());
        match status {
            404 => true,
            401 => model.may_be_gone(&self.user, end),
            403 => self.organisation.is_some() && model.may_be_outside(&self.user, start, end),
            _ => false,
        }
    }

    /// Whether the user may have been let read it, and not write.
    pub(super) fn may_be_read_only(&self, world: &World, start: Instant) -> bool {
        let (model, end) = (lock(&world.model), Instant::now());
        model.may_have(&self.user, &self.name, Access::Read, start, end)
    }
}

/// Looks at documents one by one, and searches. What is answered is judged with all the rest.
pub(in crate::faults) async fn look(world: &World) -> Result<(), String> {
    let mut dice = world.dice(Actor::Looker);
    for _ in 0..dice.random_range(STEPS) {
        pause(&mut dice).await;
        let Some(address) = Address::any(world, &mut dice) else {
            continue;
        };
        let start = Instant::now();
        let asked = match dice.random_range(0..3) {
            0 => search(world, &address).await,
            1 => address.ask(world, Method::GET, "", &Value::Null).await,
            _ => {
                address
                    .ask(world, Method::GET, "/versions", &Value::Null)
                    .await
            }
        };
        let (status, answer, _) = asked?;
        if status != 200 && !address.may_be_refused(world, status, start) {
            let Address { user, name, .. } = &address;
            return Err(format!("{user} cannot look at {name}: {status} {answer}"));
        }
    }
    Ok(())
}

async fn search(world: &World, address: &Address) -> Result<(u16, Value, bool), String> {
    let Address {
        user, organisation, ..
    } = address;
    let body = json!({ "collection": world.collection });
    let asked = world.ask_in(
        user,
        organisation.as_ref(),
        Method::POST,
        "/todo/search",
        &body,
    );
    asked.await
}
