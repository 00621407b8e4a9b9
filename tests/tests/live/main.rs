//! Live pokes: who is told of what, when a stream ends, and that nothing is missed.

#![cfg(test)]

mod audiences;
mod bounds;
mod ends;
mod listener;
mod log;
mod many;
mod memberships;
mod replicas;
mod tickets;
mod world;
