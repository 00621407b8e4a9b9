//! Pulls from a physical standby: one that follows, one that is behind, one that goes.

#![cfg(test)]

mod behind;
mod deaf;
mod silent;
mod support;
