//! The `syncline` command.
//!
//! [`configuration`] puts together what a file and the environment say, [`arguments`] what was
//! typed, and [`commands`] does it. This crate alone knows every adapter.
//!
//! To add a configuration key: describe it in `configuration/keys.rs`, which checks files and
//! environment alike, and give it a field and a default in `configuration/settings.rs`. To add a
//! command: add it to [`arguments::Command`] and a file of its own to [`commands`].

pub mod arguments;
pub mod clock;
pub mod commands;
pub mod configuration;
pub mod database;
pub mod demo;
pub mod logging;
pub mod randomness;
pub mod server;
pub mod signals;
