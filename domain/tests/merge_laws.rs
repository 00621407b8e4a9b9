//! The laws of the merge, over generated histories of edits by several devices.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy counts as tests the functions marked so, but not what they share"
)]

#[path = "merge_laws/cases.rs"]
mod cases;
#[path = "merge_laws/history.rs"]
mod history;
#[path = "merge_laws/loss.rs"]
mod loss;
#[path = "merge_laws/order.rs"]
mod order;
#[path = "merge_laws/removals.rs"]
mod removals;
#[path = "merge_laws/repetition.rs"]
mod repetition;
#[path = "merge_laws/server.rs"]
mod server;
