use std::collections::BTreeSet;

use super::{answers::list, synchronise};
use crate::faults::{life::Life, network::Exchange, world::World};

/// Whoever has everything is sent nothing more, unless it must begin anew: others move the horizon.
pub(super) async fn is_kept(world: &World, lives: &mut [Life]) -> Result<(), String> {
    let first = world.network.exchanges().len();
    // The last answers may be heard of by the next requests.
    synchronise(lives).await?;
    let last = world.network.exchanges().len();
    synchronise(lives).await?;
    let exchanges = world.network.exchanges();
    let resets = exchanges[first..].iter().filter(|it| it.is_reset());
    let reset: BTreeSet<_> = resets.map(|exchange| &exchange.sender).collect();
    let mut told = exchanges[last..].iter().filter(|it| tells_more(it));
    match told.find(|exchange| !reset.contains(&exchange.sender)) {
        Some(exchange) => Err(format!(
            "answer {}: {} has everything, and is told more",
            exchange.number, exchange.sender
        )),
        None => Ok(()),
    }
}

fn tells_more(exchange: &Exchange) -> bool {
    let answer = &exchange.answer;
    let mut parts = list(answer, "serverChanges").chain(list(answer, "conflicts"));
    let is_more = answer["hasMore"] == true || parts.next().is_some();
    exchange.path.ends_with("/sync") && exchange.is_of_device() && is_more
}
