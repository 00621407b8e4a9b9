use async_trait::async_trait;
use syncline_application::ports::{Session, SessionError, Sessions, SigningError};
use syncline_domain::hlc::UnixMillis;

use crate::{ExternalIssuers, SessionTokens};

/// Knows callers by our own tokens and by those of configured issuers.
pub struct Callers {
    own: SessionTokens,
    issuers: ExternalIssuers,
}

impl Callers {
    /// Our own sessions, and those of `issuers`.
    #[must_use]
    pub fn new(own: SessionTokens, issuers: ExternalIssuers) -> Self {
        Self { own, issuers }
    }
}

#[async_trait]
impl Sessions for Callers {
    async fn verify(&self, token: &str, now: UnixMillis) -> Result<Session, SessionError> {
        match self.issuers.issuer_of(token) {
            Some(issuer) => issuer.verify(token, now).await,
            None => self.own.verify(token, now),
        }
    }

    fn ends_at(&self, session: &Session) -> UnixMillis {
        self.own.ends_at(session)
    }

    fn token(&self, session: &Session) -> Result<String, SigningError> {
        self.own.token(session)
    }
}
