//! `POST /{application}/sync`, member by member, as the wire contract has it.

#![cfg(test)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "a test writes its values where it uses them"
)]

mod answers;
mod conflicts;
mod cursors;
mod deletions;
mod device;
mod fields;
mod pages;
mod reports;
