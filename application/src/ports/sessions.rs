use syncline_domain::{hlc::UnixMillis, identifier::UserId};

/// A caller whose token was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who calls.
    pub user_id: UserId,
    /// When the token was issued: the idle limit counts from here.
    pub issued_at: UnixMillis,
    /// When the user signed in: the hard limit counts from here.
    pub session_began_at: UnixMillis,
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
}

/// Verifies session tokens.
pub trait Sessions: Send + Sync {
    /// Whose token it is.
    ///
    /// # Errors
    /// [`SessionError`] when the token is not accepted at `now`.
    fn verify(&self, token: &str, now: UnixMillis) -> Result<Session, SessionError>;
}
