//! `POST /{application}/sync`, member by member, as the wire contract has it.

#![cfg(test)]

mod answers;
mod conflicts;
mod cursors;
mod deletions;
mod device;
mod fields;
mod pages;
mod reports;
