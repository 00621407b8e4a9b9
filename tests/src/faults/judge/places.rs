use serde_json::Value;

use super::answers::{list, reported};
use crate::{
    clients::Id,
    faults::{
        model::{Model, Name, VALUES},
        network::{Exchange, id},
        world::{document, fields},
    },
    simulation::ledger::{Token, tokens},
};

/// No value is shown in another document than the one in which it was made.
pub(super) fn judge_places(model: &Model, exchange: &Exchange) -> Result<(), String> {
    if exchange.status != 200 {
        return Ok(());
    }
    for (name, shown) in told_of(exchange) {
        let mut values = shown.into_iter().filter(|token| *token > VALUES);
        if let Some(token) = values.find(|token| !model.is_made_in(*token, &name)) {
            return Err(format!("<{token}> is shown in {name}, and is of another"));
        }
    }
    Ok(())
}

/// The documents of which an answer tells, and the values in what it tells of each.
pub(in crate::faults) fn told_of(exchange: &Exchange) -> Vec<(Name, Vec<Token>)> {
    let answer = &exchange.answer;
    if let Some((name, _)) = exchange.document() {
        return vec![(name, tokens(answer))];
    }
    let states = list(answer, "serverChanges").chain(list(answer, "results"));
    let states = states.map(|state| (Some(document(state).0), tokens(&fields(state))));
    let reports = list(answer, "conflicts").map(|report| (id(report), reported_tokens(report)));
    let named = |(id, shown): (Option<Id>, Vec<Token>)| Some((exchange.name(&id?)?, shown));
    states.chain(reports).filter_map(named).collect()
}

fn reported_tokens(report: &Value) -> Vec<Token> {
    reported(report).flat_map(tokens).collect()
}
