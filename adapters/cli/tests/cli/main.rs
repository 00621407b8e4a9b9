//! The command as an operator meets it: its configuration, its errors, its output.

#![cfg(test)]

mod commands;
mod configuration;
mod configuration_errors;
mod database;
mod identity;
mod support;
