//! The laws of a device's documents: by themselves, and against the merge.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy counts as tests the functions marked so, but not what they share"
)]

#[path = "rebase/convergence.rs"]
mod convergence;
#[path = "rebase/device.rs"]
mod device;
#[path = "rebase/history.rs"]
mod history;
#[path = "rebase/laws.rs"]
mod laws;
#[path = "rebase/server.rs"]
mod server;
#[path = "rebase/stories.rs"]
mod stories;
