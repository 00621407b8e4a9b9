//! `syncline token`: a session token for development.

use std::{
    error::Error,
    io::{Write, stdout},
};

use syncline_application::ports::Clock;
use syncline_domain::identifier::UserId;
use syncline_identity::SessionTokens;

use crate::configuration::Configuration;

pub(super) fn run(
    configuration: &Configuration,
    user: &UserId,
    clock: &dyn Clock,
) -> Result<(), Box<dyn Error>> {
    let tokens = SessionTokens::new(&configuration.session_secrets()?)?;
    writeln!(stdout(), "{}", tokens.issue(user, clock.now())?)?;
    Ok(())
}
