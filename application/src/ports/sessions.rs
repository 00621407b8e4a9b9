use async_trait::async_trait;
use syncline_domain::{hlc::UnixMillis, identifier::UserId};

/// After so long a token is replaced when it is used: an hour, in milliseconds.
const RENEWED_AFTER: u64 = 60 * 60 * 1000;

/// A caller whose token was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who calls.
    pub user_id: UserId,
    /// Through which providers the user signs in, as far as the token knows.
    pub providers: Vec<String>,
    /// When the token was issued: the idle limit counts from here.
    pub issued_at: UnixMillis,
    /// When the user signed in: the hard limit counts from here.
    pub session_began_at: UnixMillis,
    /// When the token ends, if it says so itself.
    pub token_ends_at: Option<UnixMillis>,
    /// Whether somebody else issued the token: its issuer decides how long the session lasts, and
    /// how its user signs in.
    pub is_external: bool,
}

impl Session {
    /// A session of `user_id` that begins at `now`.
    #[must_use]
    pub fn beginning(user_id: UserId, providers: Vec<String>, now: UnixMillis) -> Self {
        Self {
            user_id,
            providers,
            issued_at: now,
            session_began_at: now,
            token_ends_at: None,
            is_external: false,
        }
    }

    /// The same session, used at `now`, if it is time to replace its token.
    #[must_use]
    pub fn renewed(&self, now: UnixMillis) -> Option<Self> {
        let is_due = now.0.saturating_sub(self.issued_at.0) > RENEWED_AFTER;
        (is_due && !self.is_external).then(|| Self {
            issued_at: now,
            ..self.clone()
        })
    }
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// It is no token of ours, or was tampered with.
    #[error("the token is not valid")]
    Invalid,
    /// It was not used for too long.
    #[error("the session was idle for too long")]
    Idle,
    /// The session has lasted as long as any may.
    #[error("the session has reached its greatest age")]
    Hard,
    /// The issuer's keys cannot be had at the moment.
    #[error("the keys of the token's issuer cannot be fetched")]
    Unavailable,
}

/// The token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the session token could not be signed")]
pub struct SigningError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Issues and verifies session tokens.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Whose token it is.
    ///
    /// # Errors
    /// [`SessionError`] when the token is not accepted at `now`.
    async fn verify(&self, token: &str, now: UnixMillis) -> Result<Session, SessionError>;

    /// When the session ends unless another token follows.
    fn ends_at(&self, session: &Session) -> UnixMillis;

    /// The token of a session.
    ///
    /// # Errors
    /// [`SigningError`].
    fn token(&self, session: &Session) -> Result<String, SigningError>;
}

#[cfg(test)]
mod tests {
    use syncline_domain::{hlc::UnixMillis, identifier::UserId};

    use super::{RENEWED_AFTER, Session};

    #[test]
    fn a_session_is_renewed_after_an_hour_and_began_when_it_did() {
        let began = UnixMillis(1_000);
        let ada = UserId::new("ada").unwrap();
        let session = Session::beginning(ada, vec!["github".into()], began);
        assert_eq!(session.renewed(UnixMillis(1_000 + RENEWED_AFTER)), None);
        let later = UnixMillis(1_001 + RENEWED_AFTER);
        let renewed = session.renewed(later).unwrap();
        assert_eq!(
            (renewed.issued_at, renewed.session_began_at),
            (later, began)
        );
        let external = Session {
            is_external: true,
            ..session
        };
        assert_eq!(external.renewed(later), None);
    }
}
