//! Organisations: who founds them, who is in them, and who decides that.

#![cfg(test)]

mod callers;
mod documents;
mod founding;
mod leaving;
mod members;
mod races;
mod routes;
mod world;
