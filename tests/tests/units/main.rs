//! The units of work in which pushes are stored, one by one and against the database itself.

#![cfg(test)]

mod attempts;
mod locked;
mod trial;
