//! The pure rules of Syncline.
//!
//! Nothing here does I/O, is async, or reads a clock or a random source: time and identifiers are
//! arguments. The server and the Rust client share this crate, and the conformance vectors in
//! `domain/vectors` hold clients in other languages to the same behaviour.
//!
//! | module | what it decides |
//! |---|---|
//! | [`hlc`] | Hybrid Logical Clocks: how revisions are written, compared and advanced |
//! | [`identifier`] | which names of users, organisations, applications, collections and documents are valid |
//! | [`identity`] | who people are to those who vouch for them |
//! | [`access`] | who may see and who may write a document |
//! | [`organisation`] | the roles in an organisation, and what they may do |
//! | [`path`] | dot-paths to the leaves of a document |
//! | [`document`] | flattening, equality and limits of JSON documents |
//! | [`filter`] | which documents a search is after |
//! | [`sort`] | the order of what it finds |
//! | `merge` | the three-way merge of an edit into a stored document |
//! | [`rebase`] | what a device keeps of its own edits when the server sends its state |
//! | [`text`] | the line-by-line merge of two texts with a common ancestor |
//! | [`snapshot`] | which transactions a reader has seen |
//!
//! To add a merge rule, begin with a case in `domain/tests/merge_laws/cases.rs`, then the law it
//! serves beside it, then the rule itself.

pub mod access;
pub mod document;
pub mod filter;
pub mod hlc;
pub mod identifier;
pub mod identity;
pub mod merge;
pub mod organisation;
pub mod path;
pub mod rebase;
pub mod snapshot;
pub mod sort;
pub mod text;
mod written;
