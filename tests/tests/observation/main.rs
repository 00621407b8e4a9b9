//! What whoever looks after a server sees of it: metrics and log.

#![cfg(test)]

mod log;
mod metrics;
