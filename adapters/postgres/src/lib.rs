//! Syncline's store on PostgreSQL.
//!
//! [`PostgresStore`] implements the ports of `syncline_application`; every statement is a file in
//! `sql/`, set-based, and named after the port method that runs it. Only searches, of which no
//! two are alike, are built, in `search`. [`local_cluster`] runs a private PostgreSQL for those who
//! have none.
//!
//! To add a migration: a file in `migrations/` with the next number and one purpose; forward only.

mod access;
mod accounts;
mod announced;
mod attempt;
mod columns;
mod connect_error;
mod documents;
mod error;
mod exports;
mod incarnation;
mod live;
pub mod local_cluster;
mod location;
mod measures;
mod migrations;
mod organisations;
mod page;
mod pool;
mod purge;
mod rows;
mod schema_name;
mod search;
mod standby;
mod store;
mod transaction;
mod users;
mod version;
mod write;

pub use connect_error::ConnectError;
pub use incarnation::{Renewal, renew_incarnation};
pub use live::Notifications;
pub use location::Location;
pub use measures::describe_measures;
pub use migrations::{MigrationError, migrate};
pub use pool::Pool;
pub use schema_name::{SchemaName, SchemaNameError};
pub use store::PostgresStore;
pub use version::VersionError;
