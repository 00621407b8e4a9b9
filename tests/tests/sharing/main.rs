//! Documents shared with others: entries, links, and what pulls and pushes make of them.

#![cfg(test)]

mod entries;
mod links;
mod pulls;
mod pushes;
mod races;
mod reader;
mod worlds;
