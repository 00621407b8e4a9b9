//! The embedded local cluster with a real PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

#[path = "local_cluster/support.rs"]
mod support;

#[path = "local_cluster/crashes.rs"]
mod crashes;
#[path = "local_cluster/folders.rs"]
mod folders;
#[path = "local_cluster/settings.rs"]
mod settings;
