//! Exports and imports: what comes out, of which moment, for whom, and that it goes in again.

#![cfg(test)]

mod command;
mod import;
mod json;
mod lines;
mod memory;
mod organisation;
mod snapshot;
mod support;
mod table;
