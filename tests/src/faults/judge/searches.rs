use reqwest::Method;
use serde_json::json;
use syncline_domain::identifier::OrganisationId;

use crate::faults::{
    network::lock,
    world::{Documents, World, document},
};

/// More than a world has documents, and what a search may give.
const LIMIT: usize = 500;

/// A search finds all that sync delivers, and nothing else: for each user, and in the organisation.
pub(super) async fn find_all(world: &World) -> Result<(), String> {
    for user in world.present() {
        finds_all(world, &user, None).await?;
    }
    // The first founded it and never leaves it.
    let organisation = lock(&world.model).organisation.clone();
    finds_all(world, &world.users[0], Some(&organisation)).await
}

async fn finds_all(
    world: &World,
    user: &str,
    organisation: Option<&OrganisationId>,
) -> Result<(), String> {
    let pulled = world.pull(user, organisation.map(OrganisationId::as_str));
    let pulled = pulled.await?;
    let body = json!({ "collection": world.collection, "limit": LIMIT });
    let asked = world.ask_in(user, organisation, Method::POST, "/todo/search", &body);
    let (status, answer, _) = asked.await?;
    let found = answer["results"].as_array();
    let found = found.ok_or_else(|| format!("{user} cannot search: {status} {answer}"))?;
    let found: Documents = found.iter().map(document).collect();
    if found == pulled {
        Ok(())
    } else {
        Err(format!("{user} finds {found:?}, and pulls {pulled:?}"))
    }
}
