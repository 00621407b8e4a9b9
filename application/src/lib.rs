//! What Syncline does, and the ports through which it does it.
//!
//! This crate knows no SQL and no HTTP. A use case is a service ([`sync`], [`access`], [`search`],
//! [`documents`], [`export`], [`import`], [`identity`], [`organisations`], [`accounts`], [`live`]); an outside
//! thing it needs is a trait in [`ports`], written in the words of the use case. Adapters implement
//! the ports, and the `cli` crate puts both together.
//!
//! To add a use case: write its service here, add the port methods that it lacks to [`ports`],
//! implement them in `adapters/postgres`, and call the service from a handler in `adapters/http`.

pub mod access;
pub mod accounts;
mod contention;
pub mod cursor;
pub mod documents;
pub mod export;
pub mod identity;
pub mod import;
pub mod live;
pub mod measures;
pub mod organisations;
pub mod ports;
pub mod pseudonym;
pub mod registry;
mod seal;
pub mod search;
mod slots;
pub mod sync;
