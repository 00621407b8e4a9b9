//! What is counted of the use cases, for whoever looks after a server.
//!
//! Labels name what the configuration names, never a user, a document or an organisation: their
//! number is bounded, and nothing private leaves by this way.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use syncline_domain::identifier::ApplicationName;

const PUSHED: &str = "syncline_pushed_documents_total";
const MERGED: &str = "syncline_merged_documents_total";
const CONFLICTS: &str = "syncline_conflicts_total";
const REJECTED: &str = "syncline_rejected_documents_total";
const PULLED: &str = "syncline_pulled_documents_total";
const RESETS: &str = "syncline_resets_total";
const RETRIES: &str = "syncline_push_retries_total";
const SLOW: &str = "syncline_slow_pushes_total";
const STREAMS: &str = "syncline_live_streams";

/// Says what each counter counts.
pub fn describe() {
    describe_counter!(PUSHED, Unit::Count, "Changes that devices pushed.");
    describe_counter!(
        MERGED,
        Unit::Count,
        "Changes that were merged with what others had written meanwhile."
    );
    describe_counter!(
        CONFLICTS,
        Unit::Count,
        "Conflicts that pushes met and were told of."
    );
    describe_counter!(
        REJECTED,
        Unit::Count,
        "Changes that were refused while others of their request were stored."
    );
    describe_counter!(PULLED, Unit::Count, "Documents that pulls read.");
    describe_counter!(
        RESETS,
        Unit::Count,
        "Pulls that began anew because the device's clock could not be used."
    );
    describe_counter!(
        RETRIES,
        Unit::Count,
        "Units of work that were run again because another one was in the way."
    );
    describe_counter!(
        SLOW,
        Unit::Count,
        "Pushes that waited aside for a lock of somebody else."
    );
    describe_gauge!(STREAMS, Unit::Count, "Devices that listen to live pokes.");
}

/// How many devices listen.
#[expect(
    clippy::cast_precision_loss,
    reason = "streams are far fewer than 2^52"
)]
pub(crate) fn live_streams(count: usize) {
    gauge!(STREAMS).set(count as f64);
}

/// What became of the changes of one push.
pub(crate) struct PushMeasures {
    pub(crate) pushed: usize,
    pub(crate) merged: usize,
    pub(crate) conflicts: usize,
    pub(crate) rejected: usize,
}

pub(crate) fn pushed(application: &ApplicationName, measures: &PushMeasures) {
    for (name, count) in [
        (PUSHED, measures.pushed),
        (MERGED, measures.merged),
        (CONFLICTS, measures.conflicts),
        (REJECTED, measures.rejected),
    ] {
        counter!(name, "application" => application.to_string()).increment(as_count(count));
    }
}

pub(crate) fn pulled(application: &ApplicationName, documents: u32) {
    counter!(PULLED, "application" => application.to_string()).increment(documents.into());
}

pub(crate) fn reset(application: &ApplicationName) {
    counter!(RESETS, "application" => application.to_string()).increment(1);
}

pub(crate) fn retried() {
    counter!(RETRIES).increment(1);
}

pub(crate) fn waited_aside() {
    counter!(SLOW).increment(1);
}

fn as_count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
