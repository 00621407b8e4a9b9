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
    from: Instant,
    until: Instant,
    /// Whether more was to come. Then the next clock stands for this state as well.
    is_page: bool,
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
            let may_forget = past.may_forget(had.from, exchange.end)
                || model.may_somebody_leave(had.from, exchange.end);
            if is_reset && !may_forget {
                return Err("a clock of the server's counts as none".to_owned());
            }
            if !is_reset && past.must_forget(had.until, exchange.start) {
                return Err("a clock from before the horizon counts".to_owned());
            }
        }
        self.note(exchange, had);
        Ok(())
    }

    fn note(&mut self, exchange: &Exchange, had: Option<Given>) {
        let Some(clock) = exchange.answer["serverClock"].as_str() else {
            return;
        };
        let begun = had.filter(|had| had.is_page && !exchange.is_reset());
        let (from, until) =
            begun.map_or((exchange.start, exchange.end), |had| (had.from, had.until));
        let is_page = exchange.answer["hasMore"] == true;
        self.given.insert(
            clock.to_owned(),
            Given {
                from,
                until,
                is_page,
            },
        );
    }
}
