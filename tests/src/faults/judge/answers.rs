use serde_json::Value;
use syncline_domain::access::Namespace;
use tokio::time::Instant;

use super::{
    clocks::Clocks,
    places::judge_places,
    refusals::{Refusals, judge_rejections},
    reports::judge_reports,
    together,
};
use crate::{
    faults::{
        model::{Model, Name, VALUES, user_id},
        network::{Exchange, lock},
        world::{Blows, World, document},
    },
    simulation::ledger::{Token, tokens},
};

/// Nothing was ever answered that should not have been.
pub(in crate::faults) fn judge_answers(world: &World) -> Result<(), String> {
    let model = lock(&world.model);
    let mut clocks = Clocks::default();
    let exchanges = world.network.exchanges();
    let refusals = Refusals::of(&exchanges);
    let pushed = world.network.pushed();
    together([
        each(&exchanges, |exchange| {
            judge_answer(world.blows, &model, &refusals, exchange)
        }),
        each(&exchanges, |exchange| {
            clocks.judge(&model, &world.past, exchange)
        }),
        each(&exchanges, |exchange| judge_places(&model, exchange)),
        each(&exchanges, |exchange| judge_reports(&pushed, exchange)),
    ])
}

/// The first answer that breaks a rule.
fn each(
    exchanges: &[Exchange],
    mut rule: impl FnMut(&Exchange) -> Result<(), String>,
) -> Result<(), String> {
    exchanges.iter().try_for_each(|exchange| {
        rule(exchange).map_err(|error| format!("answer {}: {error}", exchange.number))
    })
}

fn judge_answer(
    blows: Blows,
    model: &Model,
    refusals: &Refusals,
    exchange: &Exchange,
) -> Result<(), String> {
    let Exchange {
        user,
        start,
        end,
        status,
        answer,
        ..
    } = exchange;
    if let Some(link) = exchange.path.strip_prefix("/share/") {
        return judge_link(model, link, exchange);
    }
    let is_sync = exchange.path.ends_with("/sync");
    match status {
        200..300 => {}
        503 if blows != Blows::Network => return Ok(()),
        // Refused, or stored a moment before.
        401 if model.may_be_gone(user, *end) => return Ok(()),
        403 | 503
            if exchange.organisation.is_some() && model.may_be_outside(user, *start, *end) =>
        {
            return Ok(());
        }
        // Done, and a moment later no longer to be seen.
        503 if may_be_hidden(model, exchange) => return Ok(()),
        404 if !is_sync => return refusals.judge(model, exchange),
        400..500 if !is_sync => return Ok(()),
        _ => return Err(format!("{status} {answer}")),
    }
    if is_sync {
        judge_rejections(model, exchange)?;
        if exchange.organisation.is_some() && !model.may_be_inside(user, *start, *end) {
            return Err(format!("{user} is no member"));
        }
    }
    let shown = if is_sync {
        shown_by_sync(answer)
    } else {
        tokens(answer)
    };
    if model.gone_before(*start).any(|gone| names(exchange, gone)) {
        return Err("somebody whose account is gone is named".to_owned());
    }
    judge_values(model, user, shown, *start, *end)?;
    judge_access(model, exchange, answer)?;
    // What a push met, which was its pusher's to see at the time, is for the pusher to hear later too.
    judge_values(model, user, repeated(answer), model.start, *end)
}

/// Whether an answer is one to a restoration whose document somebody may have lost meanwhile.
fn may_be_hidden(model: &Model, exchange: &Exchange) -> bool {
    let Exchange {
        user, start, end, ..
    } = exchange;
    exchange.restored().is_some_and(|name| {
        model.may_be_gone(user, *end) || model.may_not_see_document(user, &name, *start, *end)
    })
}

/// A link that was revoked leads nowhere, and others to their documents alone.
fn judge_link(model: &Model, link: &str, exchange: &Exchange) -> Result<(), String> {
    let Exchange { start, end, .. } = exchange;
    let shown = tokens(&exchange.answer).into_iter();
    let foreign = shown
        .filter(|token| *token > VALUES)
        .find(|token| !model.may_lead(link, *token, *start, *end));
    match foreign {
        Some(token) => Err(format!("a link does not lead to <{token}>")),
        None => Ok(()),
    }
}

fn judge_values(
    model: &Model,
    user: &str,
    shown: Vec<Token>,
    start: Instant,
    end: Instant,
) -> Result<(), String> {
    let foreign = shown
        .into_iter()
        .filter(|token| *token > VALUES)
        .find(|token| !model.may_see(user, *token, start, end));
    match foreign {
        Some(token) => Err(format!("{user} may not see <{token}>")),
        None => Ok(()),
    }
}

/// Nobody is told of an access that there was not, in any part of an answer.
fn judge_access(model: &Model, exchange: &Exchange, part: &Value) -> Result<(), String> {
    let Exchange {
        user, start, end, ..
    } = exchange;
    match part {
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| judge_access(model, exchange, item)),
        Value::Object(_) if part["_removed"] == true => judge_removal(model, exchange, part),
        Value::Object(members) if part["_access"].is_string() => {
            let ((owner, key), (_, access)) = document(part);
            let (Some(owner), Some(access)) = (owner, access) else {
                return Err(format!("{members:?} is nobody's"));
            };
            let namespace = Namespace::Personal(user_id(&owner));
            let name = Name { namespace, key };
            if model.may_have(user, &name, access, *start, *end) {
                return Ok(());
            }
            Err(format!("{user} may not {access:?} {name}"))
        }
        Value::Object(members) => members
            .values()
            .try_for_each(|member| judge_access(model, exchange, member)),
        _ => Ok(()),
    }
}

/// What is no longer to be seen was to be seen at some time.
fn judge_removal(model: &Model, exchange: &Exchange, part: &Value) -> Result<(), String> {
    let (user, end) = (&exchange.user, exchange.end);
    let Some(name) = exchange.name(&document(part).0) else {
        return Err(format!("{part} is nobody's"));
    };
    if model.may_see_document(user, &name, model.start, end) {
        return Ok(());
    }
    Err(format!("{user} never saw {name}, which is said to be gone"))
}

/// Whether an answer names a user, other than to say again whose documents were pushed.
fn names(exchange: &Exchange, user: &str) -> bool {
    let named = format!("\"{user}\"");
    let answer = &exchange.answer;
    if exchange.path.ends_with("/sync") {
        let told = [&answer["serverChanges"], &answer["conflicts"]];
        return told.iter().any(|part| part.to_string().contains(&named));
    }
    exchange.user != user && answer.to_string().contains(&named)
}

/// The values that an answer holds: in documents, and in reports of its own push.
fn shown_by_sync(answer: &Value) -> Vec<Token> {
    let fields = list(answer, "serverChanges").flat_map(|state| {
        let fields = state.as_object().into_iter().flatten();
        fields.filter(|(name, _)| !name.starts_with('_'))
    });
    let reports = list(answer, "conflicts").filter(|report| !is_repeated(report));
    let values = fields
        .map(|(_, value)| value)
        .chain(reports.flat_map(reported));
    values.flat_map(tokens).collect()
}

/// The values in reports of earlier pushes, which are told again to whoever may not have heard them.
fn repeated(answer: &Value) -> Vec<Token> {
    let reports = list(answer, "conflicts").filter(|report| is_repeated(report));
    reports.flat_map(reported).flat_map(tokens).collect()
}

fn is_repeated(report: &Value) -> bool {
    report["reason"] == "repeated"
}

pub(super) fn reported(report: &Value) -> impl Iterator<Item = &Value> {
    let values = ["localValue", "remoteValue", "winnerValue"];
    values.into_iter().map(|member| &report[member])
}

pub(super) fn list<'a>(answer: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    answer[member].as_array().into_iter().flatten()
}
