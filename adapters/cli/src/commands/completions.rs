//! `syncline completions`

use std::io::{Write, stdout};

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::{arguments::Arguments, server::ServerError};

/// Prints the script that completes `syncline` in `shell`.
pub(super) fn run(shell: Shell) -> Result<(), ServerError> {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "syncline", &mut script);
    stdout().write_all(&script)?;
    Ok(())
}
