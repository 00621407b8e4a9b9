//! `syncline config check`: the configuration in effect, without its secrets.

use std::io::{Write, stdout};

use crate::{configuration::Configuration, server::ServerError};

pub(super) fn run(configuration: &Configuration) -> Result<(), ServerError> {
    configuration.registry()?;
    let effective = serde_json::to_string_pretty(&configuration.without_secrets()?)?;
    writeln!(stdout(), "{effective}")?;
    Ok(())
}
