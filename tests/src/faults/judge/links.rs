use std::collections::BTreeMap;

use serde_json::Value;

use crate::faults::{
    clerk,
    model::{Model, Name, is_owner},
    network::lock,
    world::{World, fields},
};

/// Whoever holds a link gets its document, unless it was revoked.
pub(super) async fn lead(world: &World, all: &BTreeMap<Name, Value>) -> Result<(), String> {
    let expected = {
        let model = lock(&world.model);
        let links = model.links().filter_map(|(token, name)| {
            let leads = model.leads(token)? && !is_gone(world, &model, name);
            Some((
                token.to_owned(),
                name.clone(),
                all.get(name).filter(|_| leads),
            ))
        });
        links.collect::<Vec<_>>()
    };
    for (token, name, document) in expected {
        let found = clerk::follow(world, &token).await?;
        let found = found.as_ref().map(fields);
        if found.as_ref() != document {
            return Err(format!(
                "a link of {name} leads to {found:?} instead of {document:?}"
            ));
        }
    }
    Ok(())
}

fn is_gone(world: &World, model: &Model, name: &Name) -> bool {
    let mut users = world.users.iter();
    users.any(|user| model.is_gone(user) && is_owner(user, name))
}
