use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use syncline_domain::access::Access;
use tokio::time::Instant;

use crate::faults::{
    model::{Model, Name},
    network::{Exchange, id},
};

/// What may be refused, as far as the answers tell.
pub(super) struct Refusals {
    /// Which documents are stored, and since when at the latest.
    stored: BTreeMap<Name, Instant>,
}

impl Refusals {
    pub(super) fn of(exchanges: &[Exchange]) -> Self {
        let mut stored = BTreeMap::new();
        for exchange in exchanges {
            for name in accepted(exchange) {
                let since = stored.entry(name).or_insert(exchange.end);
                *since = exchange.end.min(*since);
            }
        }
        Self { stored }
    }

    /// Whether an answer is one to somebody who may read a document, and is told that it is not there.
    pub(super) fn judge(&self, model: &Model, exchange: &Exchange) -> Result<(), String> {
        if exchange.path.ends_with("/search") {
            return Err("a search was refused".to_owned());
        }
        let Some((name, "" | "/versions")) = exchange.document() else {
            return Ok(());
        };
        let Exchange {
            user, start, end, ..
        } = exchange;
        let is_stored = self.stored.get(&name).is_some_and(|since| since <= start);
        if !is_stored || may_be_missing(model, user, &name, *start, *end) {
            return Ok(());
        }
        Err(format!("{user} does not find {name}, which is there"))
    }
}

/// The documents that the answer to a sync says are stored.
fn accepted(exchange: &Exchange) -> BTreeSet<Name> {
    let accepted = exchange.answer["accepted"].as_array().into_iter().flatten();
    accepted
        .filter_map(|accepted| exchange.name(&id(accepted)?))
        .collect()
}

/// The only documents that may be rejected are those of others, by who may not write them, and those from ahead.
pub(super) fn judge_rejections(model: &Model, exchange: &Exchange) -> Result<(), String> {
    let rejected = exchange.answer["rejected"].as_array().into_iter().flatten();
    for rejection in rejected {
        if !is_due(model, exchange, rejection) {
            return Err(format!("a document was rejected: {rejection}"));
        }
    }
    Ok(())
}

fn is_due(model: &Model, exchange: &Exchange, rejection: &Value) -> bool {
    let Exchange {
        user, start, end, ..
    } = exchange;
    let code = rejection["code"].as_str().unwrap_or_default();
    if code == "clock_skew" {
        return true;
    }
    let Some(name) = id(rejection).and_then(|id| exchange.name(&id)) else {
        return false;
    };
    match code {
        "forbidden" => model.may_have(user, &name, Access::Read, *start, *end),
        "not_found" => may_be_missing(model, user, &name, *start, *end),
        _ => false,
    }
}

/// Whether a document that was stored may not have been there for somebody.
fn may_be_missing(model: &Model, user: &str, name: &Name, start: Instant, end: Instant) -> bool {
    model.may_be_deleted(name) || model.may_not_see_document(user, name, start, end)
}
