use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::faults::{model::Model, network::Exchange, past::Past};

/// The clocks that servers gave.
#[derive(Default)]
pub(super) struct Clocks {
    given: BTreeMap<String, Given>,
}

/// When a server read the state that a clock stands for.
#[derive(Clone, Copy)]
struct Given {
    state: Period,
    /// If more was to come: when the state was read for which the last clock of the pages will stand.
    end: Option<Period>,
}

/// When something was read: between two moments.
#[derive(Clone, Copy)]
struct Period {
    from: Instant,
    until: Instant,
}

impl Clocks {
    /// A clock counts until the horizon has passed it, and no longer; or until somebody's account was
    /// deleted.
    pub(super) fn judge(
        &mut self,
        model: &Model,
        past: &Past,
        exchange: &Exchange,
    ) -> Result<(), String> {
        if exchange.status != 200 || !exchange.path.ends_with("/sync") {
            return Ok(());
        }
        let had = match &exchange.clock {
            Some(clock) => Some(*self.given.get(clock).ok_or("nobody gave this clock")?),
            None => None,
        };
        if let Some(had) = had {
            let is_reset = exchange.is_reset();
            let may_forget = past.may_forget(had.state.from, exchange.end)
                || model.may_somebody_leave(had.state.from, exchange.end);
            if is_reset && !may_forget {
                return Err("a clock of the server's counts as none".to_owned());
            }
            if !is_reset && past.must_forget(had.state.until, exchange.start) {
                return Err("a clock from before the horizon counts".to_owned());
            }
            if !is_reset && had.end.is_some() && exchange.is_of_device() && reports_again(exchange)
            {
                return Err("a page reports again what an earlier one did".to_owned());
            }
        }
        self.note(exchange, had);
        Ok(())
    }

    fn note(&mut self, exchange: &Exchange, had: Option<Given>) {
        let Some(clock) = exchange.answer["serverClock"].as_str() else {
            return;
        };
        let had = had.filter(|_| !exchange.is_reset());
        let now = Period {
            from: exchange.start,
            until: exchange.end,
        };
        let last = had.and_then(|had| had.end).unwrap_or(now);
        let given = if exchange.answer["hasMore"] == true {
            // What is still to come was last seen when the first page was asked for.
            Given {
                state: had.map_or(last, |had| had.state),
                end: Some(last),
            }
        } else {
            Given {
                state: last,
                end: None,
            }
        };
        self.given.insert(clock.to_owned(), given);
    }
}

/// Whether an answer has reports of earlier pushes.
fn reports_again(exchange: &Exchange) -> bool {
    let reports = exchange.answer["conflicts"].as_array();
    let mut reports = reports.into_iter().flatten();
    reports.any(|report| report["reason"] == "repeated")
}
