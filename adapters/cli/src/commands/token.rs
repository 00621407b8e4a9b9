//! `syncline token`: a session token for development.

use std::io::{Write, stdout};

use syncline_application::ports::Clock;
use syncline_domain::identifier::UserId;
use syncline_identity::SessionTokens;

use crate::{configuration::Configuration, server::ServerError};

pub(super) fn run(
    configuration: &Configuration,
    user: &UserId,
    clock: &dyn Clock,
) -> Result<(), ServerError> {
    let tokens = SessionTokens::new(&configuration.session_secrets()?)?;
    writeln!(stdout(), "{}", tokens.issue(user, clock.now())?)?;
    Ok(())
}
