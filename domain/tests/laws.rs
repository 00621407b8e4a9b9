//! The laws of the domain, each held over generated cases.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy counts as tests the functions marked so, but not what they share"
)]

#[path = "laws/document.rs"]
mod document;
#[path = "laws/filter.rs"]
mod filter;
#[path = "laws/hlc.rs"]
mod hlc;
#[path = "laws/limits.rs"]
mod limits;
#[path = "laws/path.rs"]
mod path;
#[path = "laws/snapshot.rs"]
mod snapshot;
#[path = "laws/strategies.rs"]
mod strategies;
#[path = "laws/text.rs"]
mod text;
