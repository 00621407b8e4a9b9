//! How long a session lasts.

use syncline_application::ports::{Session, SessionError};
use syncline_domain::hlc::UnixMillis;

const MINUTE: u64 = 60 * 1000;
const DAY: u64 = 24 * 60 * MINUTE;

/// For so long after a token was issued it is accepted.
pub(super) const IDLE: u64 = 3 * DAY;

/// For so long after the session began its tokens are accepted, however fresh.
pub(super) const HARD: u64 = 7 * DAY;

/// So far ahead of ours may the clock be that issued a token.
pub(super) const SKEW: u64 = 5 * MINUTE;

/// When the session ends unless another token follows.
pub(super) fn ends_at(session: &Session) -> UnixMillis {
    let idle = session.issued_at.0.saturating_add(IDLE);
    let hard = session.session_began_at.0.saturating_add(HARD);
    UnixMillis(idle.min(hard))
}

/// Whether the session is within its limits at `now`. One that breaks both has ended for good.
pub(super) fn check(session: &Session, now: UnixMillis) -> Result<(), SessionError> {
    let latest = now.0.saturating_add(SKEW);
    if session.issued_at.0 > latest || session.session_began_at.0 > latest {
        return Err(SessionError::Invalid);
    }
    if now.0.saturating_sub(session.session_began_at.0) > HARD {
        return Err(SessionError::Hard);
    }
    if now.0.saturating_sub(session.issued_at.0) > IDLE {
        return Err(SessionError::Idle);
    }
    Ok(())
}
