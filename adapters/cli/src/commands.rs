//! What `syncline` does, a file for each command.

mod config_check;
mod token;

use std::error::Error;

use crate::{
    arguments::{Arguments, Command, ConfigCommand},
    clock::SystemClock,
    configuration::{Configuration, Environment},
};

/// Does what was typed.
///
/// # Errors
/// A sentence for whoever typed it.
pub fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let environment = Environment::of_process()?;
    let configuration = Configuration::load(arguments.config.as_deref(), &environment)?;
    match &arguments.command {
        Command::Token { user } => token::run(&configuration, user, &SystemClock),
        Command::Config(ConfigCommand::Check) => config_check::run(&configuration),
    }
}
