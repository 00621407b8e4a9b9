//! `syncline openapi`: the description of the HTTP API.

use std::io::{Write, stdout};

use crate::server::ServerError;

pub(super) fn run() -> Result<(), ServerError> {
    let description = syncline_http::description().to_pretty_json();
    writeln!(stdout(), "{}", description.map_err(std::io::Error::from)?)?;
    Ok(())
}
