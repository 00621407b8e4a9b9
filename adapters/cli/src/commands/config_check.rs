//! `syncline config check`: the configuration in effect, without its secrets.

use std::io::{Write, stdout};

use crate::{
    configuration::Configuration,
    server::{self, ServerError},
};

pub(super) fn run(configuration: &Configuration) -> Result<(), ServerError> {
    configuration.registry()?;
    server::check_identity(configuration)?;
    let effective = serde_json::to_string_pretty(&configuration.without_secrets()?)?;
    writeln!(stdout(), "{effective}")?;
    Ok(())
}
