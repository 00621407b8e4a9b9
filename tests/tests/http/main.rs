//! Everything of HTTP that is not the protocol of sync.

#![cfg(test)]

mod bodies;
mod cors;
mod headers;
mod health;
mod outages;
mod routing;
mod sessions;
mod support;
