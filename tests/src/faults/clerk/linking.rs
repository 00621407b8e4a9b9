//! Links to documents: made, revoked, and followed by whoever holds them.

use rand::{RngExt, seq::IndexedRandom};
use reqwest::Method;
use serde_json::Value;
use syncline_domain::access::Namespace;
use tokio::time::Instant;

use crate::faults::{
    model::{Link, Model, Name},
    network::lock,
    world::World,
};
use crate::simulation::Dice;

/// Makes or revokes a link to a document, or follows one.
pub(super) async fn step(world: &World, names: &[&Name], dice: &mut Dice) -> Result<(), String> {
    let known = {
        let model = lock(&world.model);
        let links: Vec<_> = model.links().collect();
        let link = links.choose(dice);
        link.map(|(token, name)| ((*token).to_owned(), (*name).clone()))
    };
    match (dice.random_range(0..10), known, names.choose(dice)) {
        (0..2, Some((_, name)), _) if names.contains(&&name) => revoke(world, &name).await,
        (2..4, Some((_, name)), _) if names.contains(&&name) => make(world, &name).await,
        (4..8, Some((token, _)), _) => follow(world, &token).await.map(drop),
        (_, _, Some(name)) => make(world, name).await,
        _ => Ok(()),
    }
}

async fn make(world: &World, name: &Name) -> Result<(), String> {
    // Each attempt makes another, and only who gets the last answer knows what leads there.
    lock(&world.model)
        .link(name)
        .may_become(Link::Unknown, Instant::now());
    let (status, answer, is_repeated) = change(world, name, Method::POST).await?;
    let model = &mut lock(&world.model);
    if let (200 | 201, Some(token)) = (status, answer["shareToken"].as_str()) {
        model
            .link(name)
            .became_what(Link::Token(token.to_owned()), Instant::now());
        model.know(token, name);
        return Ok(());
    }
    unchanged(model, name, status, is_repeated)
}

async fn revoke(world: &World, name: &Name) -> Result<(), String> {
    lock(&world.model)
        .link(name)
        .may_become(Link::None, Instant::now());
    let (status, _, is_repeated) = change(world, name, Method::DELETE).await?;
    let model = &mut lock(&world.model);
    if status == 204 {
        model.link(name).became(Instant::now());
        return Ok(());
    }
    unchanged(model, name, status, is_repeated)
}

/// The document is not there. It may have been, for an earlier attempt.
fn unchanged(model: &mut Model, name: &Name, status: u16, is_repeated: bool) -> Result<(), String> {
    match status {
        404 if is_repeated => Ok(()),
        404 => {
            model.link(name).stayed();
            Ok(())
        }
        _ => Err(format!("the link to {name} does not change: {status}")),
    }
}

async fn change(world: &World, name: &Name, method: Method) -> Result<(u16, Value, bool), String> {
    let Namespace::Personal(owner) = &name.namespace else {
        return Err(format!("{name} has no owner"));
    };
    let (key, collection) = (&name.key, &world.collection);
    let path = format!("/docIndex/todo/{key}/shareToken?collection={collection}");
    world.ask(owner.as_str(), method, &path, &Value::Null).await
}

/// What a link leads to, for whoever holds it; none if nowhere.
pub(in crate::faults) async fn follow(world: &World, token: &str) -> Result<Option<Value>, String> {
    let path = format!("/share/{token}");
    let (status, answer, _) = world.ask_as_anybody(Method::GET, &path).await?;
    match status {
        200 => Ok(Some(answer)),
        404 => Ok(None),
        _ => Err(format!("nobody can follow a link: {status} {answer}")),
    }
}
