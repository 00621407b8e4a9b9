//! Signing in, linking, sessions: `/auth` over real HTTP.

#![cfg(test)]

mod codes;
mod command;
mod development;
mod endpoints;
mod issuers;
mod linking;
mod log;
mod race;
mod refusals;
mod sessions;
mod sign_in;
mod support;
