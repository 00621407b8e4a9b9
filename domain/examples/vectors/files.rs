//! The files of conformance vectors: what is in them is computed by the domain.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "cases are written by hand or by a generator; one that is wrong must not be written"
)]

mod diff;
mod generator;
mod hlc;
mod paths;
pub(crate) mod rebase;
mod refusals;

use serde_json::Value;

/// Every file by its name, as it is written.
pub(crate) fn all() -> [(&'static str, String); 5] {
    [
        ("hlc.json", hlc::vectors()),
        ("paths.json", paths::vectors()),
        ("diff.json", diff::vectors()),
        ("refusals.json", refusals::vectors()),
        ("rebase.json", rebase::vectors()),
    ]
    .map(|(name, vectors)| (name, written(vectors)))
}

/// With sorted members, however maps are kept in this build.
fn written(mut vectors: Value) -> String {
    vectors.sort_all_objects();
    format!("{vectors:#}\n")
}
