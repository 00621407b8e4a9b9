//! Documents that are read one by one, and searched for.

use rand::{RngExt, seq::IndexedRandom};
use reqwest::Method;
use serde_json::{Value, json};
use syncline_domain::{access::Namespace, identifier::OrganisationId};
use tokio::time::Instant;

use super::{STEPS, pause};
use crate::faults::{
    model::{Name, is_owner},
    network::lock,
    world::World,
};
use crate::simulation::Dice;

/// A document, as somebody asks for it by itself.
pub(super) struct Address {
    pub(super) user: String,
    pub(super) name: Name,
    pub(super) organisation: Option<OrganisationId>,
    path: String,
    owner: String,
}

impl Address {
    /// Any document, for any user.
    pub(super) fn any(world: &World, dice: &mut Dice) -> Option<Self> {
        let user = world.users.choose(dice)?.clone();
        let names: Vec<_> = lock(&world.model).names().into_iter().collect();
        let name = names.choose(dice)?.clone();
        let collection = &world.collection;
        let path = format!("/todo/collections/{collection}/documents/{}", name.key);
        let (organisation, owner) = match &name.namespace {
            Namespace::Organisation(organisation) => (Some(organisation.clone()), String::new()),
            Namespace::Personal(_) if is_owner(&user, &name) => (None, String::new()),
            Namespace::Personal(owner) => (None, format!("?owner={}", owner.as_str())),
        };
        Some(Self {
            user,
            name,
            organisation,
            path,
            owner,
        })
    }

    /// Asks for the document, or for something behind it.
    pub(super) async fn ask(
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

    /// Whether it may be answered that there is no such document, or not for this user.
    pub(super) fn may_be_refused(&self, world: &World, status: u16) -> bool {
        let model = lock(&world.model);
        match status {
            404 => true,
            401 => model.may_be_gone(&self.user, Instant::now()),
            403 => self.organisation.is_some(),
            _ => false,
        }
    }
}

/// Looks at documents one by one, and searches. What is answered is judged with all the rest.
pub(in crate::faults) async fn look(world: &World, actor: u64) -> Result<(), String> {
    let mut dice = world.dice(actor);
    for _ in 0..dice.random_range(STEPS) {
        pause(&mut dice).await;
        let Some(address) = Address::any(world, &mut dice) else {
            continue;
        };
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
        if status != 200 && !address.may_be_refused(world, status) {
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
