//! What the black-box tests share: a PostgreSQL, a database for each test, a server on it.
//!
//! Every test process uses one cluster in the temporary folder. The first starts it; when the last
//! is gone, a small shell process stops it and removes its files (see [`cluster`]). A test begins
//! with [`TestServer::start`], which clones a database that was migrated once.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

pub mod clients;
pub mod cluster;
pub mod database;
pub mod dump;
pub mod endpoint;
pub mod faults;
pub mod held_pages;
pub mod line;
pub mod locks;
pub mod pooler;
pub mod postgresql;
pub mod process;
pub mod provider;
pub mod replica;
pub mod replicas;
pub mod server;
pub mod simulation;
pub mod storm;
pub mod tap;
pub mod traces;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use database::TestDatabase;
pub use endpoint::Endpoint;
pub use postgresql::Postgresql;
pub use replica::Replica;
pub use server::{Answer, TestServer, first_sync, pull_from};

/// Locks, whatever became of whoever held it before.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
