//! Syncline among others: on somebody's PostgreSQL, behind a pooler, as several servers, and while
//! the database is away.

#![cfg(test)]

mod away;
mod beside;
mod connections;
mod migrations;
mod pooler;
mod replicas;
mod roles;
mod stopping;
mod support;
mod tls;
mod vanishing;
