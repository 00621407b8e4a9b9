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
mod documents;
mod error;
mod exports;
mod incarnation;
pub mod local_cluster;
mod measures;
mod migrations;
mod organisations;
mod page;
mod purge;
mod rows;
mod search;
mod store;
mod transaction;
mod users;

pub use accounts::DeletedAccounts;
pub use measures::describe_measures;
pub use migrations::{MigrationError, migrate};
pub use store::{ConnectError, PostgresStore, SCHEMA};
