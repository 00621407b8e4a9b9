//! The end of accounts and organisations: what is gone, what stays, and who is told.

#![cfg(test)]

mod again;
mod forgetting;
mod interrupted;
mod organisations;
mod purge;
mod races;
mod readers;
mod tokens;
mod world;
