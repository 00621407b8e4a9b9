//! What cannot be stored is refused with a clear error, and leaves no trace.

#![cfg(test)]

mod amounts;
mod clocks;
mod documents;
mod members;
mod partial;
mod texts;
mod trial;
