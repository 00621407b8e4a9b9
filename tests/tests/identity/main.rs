//! Signing in, linking, sessions: `/auth` over real HTTP.

#![cfg(test)]

mod codes;
mod development;
mod linking;
mod race;
mod sessions;
mod support;
