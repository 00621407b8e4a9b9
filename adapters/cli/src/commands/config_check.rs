//! `syncline config check`: the configuration in effect, without its secrets.

use std::{
    error::Error,
    io::{Write, stdout},
};

use crate::configuration::Configuration;

pub(super) fn run(configuration: &Configuration) -> Result<(), Box<dyn Error>> {
    configuration.registry()?;
    let effective = serde_json::to_string_pretty(&configuration.without_secrets()?)?;
    writeln!(stdout(), "{effective}")?;
    Ok(())
}
