//! The store of the Rust client against the real server.

#![cfg(test)]

mod cancelled;
mod conflicts;
mod crashes;
mod device;
mod devices;
mod ends;
mod files;
mod forgetting;
mod pokes;
mod progress;
mod recorder;
mod refusals;
mod resets;
mod sessions;
mod steps;
