//! `POST /{application}/search`: what it finds, in which order, and what it refuses.

#![cfg(test)]

mod bad_input;
mod filters;
mod generated;
mod library;
mod organisations;
mod paging;
mod plans;
mod semantics;
mod terms;
mod text;
