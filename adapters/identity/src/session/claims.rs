use serde::{Deserialize, Serialize};
use syncline_application::ports::{Session, SessionError};
use syncline_domain::{hlc::UnixMillis, identifier::UserId};

/// What a session token says. All times are seconds since 1970-01-01T00:00:00Z.
#[derive(Deserialize, Serialize)]
pub(super) struct Claims {
    /// Whose session it is.
    sub: UserId,
    /// Through which providers the user signs in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    providers: Vec<String>,
    /// When the token was issued.
    iat: u64,
    /// When the session began; without it, when the token was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat_session: Option<u64>,
    /// When the token ends, for tokens that others issue with a shorter life. Those that follow one end
    /// with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
}

impl Claims {
    /// Those of `session`.
    pub(super) fn of(session: &Session) -> Self {
        Self {
            sub: session.user_id.clone(),
            providers: session.providers.clone(),
            iat: session.issued_at.0 / 1000,
            iat_session: Some(session.session_began_at.0 / 1000),
            exp: session.token_ends_at.map(|end| end.0 / 1000),
        }
    }

    /// The session, unless the token has ended or says times that no clock can.
    pub(super) fn into_session(self, now: UnixMillis) -> Result<Session, SessionError> {
        if self.exp.is_some_and(|end| end <= now.0 / 1000) {
            return Err(SessionError::Invalid);
        }
        Ok(Session {
            user_id: self.sub,
            providers: self.providers,
            issued_at: millis(self.iat)?,
            session_began_at: millis(self.iat_session.unwrap_or(self.iat))?,
            token_ends_at: self.exp.map(|end| UnixMillis(end.saturating_mul(1000))),
            is_external: false,
        })
    }
}

fn millis(seconds: u64) -> Result<UnixMillis, SessionError> {
    seconds
        .checked_mul(1000)
        .map(UnixMillis)
        .ok_or(SessionError::Invalid)
}
