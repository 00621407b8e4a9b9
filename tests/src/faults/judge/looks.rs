use std::collections::BTreeMap;

use rand::seq::IndexedRandom;
use reqwest::Method;
use serde_json::Value;
use syncline_domain::access::Namespace;

use crate::faults::{
    clerk::Address,
    model::Name,
    network::lock,
    world::{Actor, World, document},
};

/// Each document, asked for by itself by somebody, is what it is for all, or not there for who may not see it.
pub(super) async fn agree(world: &World, all: &BTreeMap<Name, Value>) -> Result<(), String> {
    let (present, mut dice) = (world.present(), world.dice(Actor::Judge));
    let names = lock(&world.model).names();
    for name in names {
        let user = present.choose(&mut dice).expect("somebody is there");
        let access = lock(&world.model).access(user, &name);
        let expected = access.and_then(|access| Some((all.get(&name)?.clone(), access)));
        let asked = Address::of(world, user, &name);
        let (status, answer, _) = asked.ask(world, Method::GET, "", &Value::Null).await?;
        let found = match status {
            200 => {
                let (_, (fields, told)) = document(&answer["document"]);
                // Nobody is told of the own ones.
                let access = told.or(access.filter(|_| is_own(user, &name)));
                access.map(|access| (fields, access))
            }
            403 | 404 => None,
            _ => return Err(format!("{user} cannot read {name}: {status} {answer}")),
        };
        if found != expected {
            return Err(format!(
                "{user} reads {found:?} of {name}, which is {expected:?}"
            ));
        }
    }
    Ok(())
}

/// Whether the user has no other access to a document than that to all of its namespace.
fn is_own(user: &str, name: &Name) -> bool {
    match &name.namespace {
        Namespace::Personal(owner) => owner.as_str() == user,
        Namespace::Organisation(_) => true,
    }
}
