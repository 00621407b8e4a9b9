//! Documents one by one: what one is, what it was, and bringing back what it was.

#![cfg(test)]

mod callers;
mod reading;
mod restoring;
mod shared;
mod support;
mod versions;
