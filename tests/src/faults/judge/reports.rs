use std::collections::BTreeSet;

use serde_json::Value;

use super::answers::list;
use crate::{
    faults::network::{Exchange, Pushed},
    simulation::ledger::{Token, tokens},
};

/// A report is for the device that pushed what it is about, and says of both sides what it says of the end.
pub(super) fn judge_reports(pushed: &Pushed, exchange: &Exchange) -> Result<(), String> {
    if !exchange.is_of_device() {
        return Ok(());
    }
    for report in list(&exchange.answer, "conflicts") {
        let sender = &exchange.sender;
        let of_sender = pushed.get(sender);
        let mut values = tokens(&report["localValue"]).into_iter();
        let is_foreign = |token: &Token| of_sender.is_none_or(|pushed| !pushed.contains(token));
        if let Some(token) = values.find(is_foreign) {
            return Err(format!("{sender} never pushed <{token}> of a report"));
        }
        if !is_consistent(report) {
            return Err(format!("the winner of a report did not win: {report}"));
        }
    }
    Ok(())
}

fn is_consistent(report: &Value) -> bool {
    let (local, remote) = (&report["localValue"], &report["remoteValue"]);
    let stored = &report["winnerValue"];
    match report["winner"].as_str() {
        Some("local") => stored == local,
        Some("remote") => stored == remote,
        _ => {
            let sides: BTreeSet<_> = [local, remote].into_iter().flat_map(tokens).collect();
            tokens(stored).iter().all(|token| sides.contains(token))
        }
    }
}
