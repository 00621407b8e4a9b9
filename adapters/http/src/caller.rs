use std::sync::Arc;

use axum::{
    extract::{Extension, FromRequestParts, rejection::ExtensionRejection},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use syncline_application::{
    accounts::AccountDeleted,
    ports::{Session, SessionError, SigningError},
};

use crate::{
    AppState,
    error::{ApiError, ErrorCode},
    layers::{RateLimits, log, renewal},
};

/// Whoever sent the request, known by the bearer token.
pub(crate) struct Caller(pub(crate) Session);

/// The same, whose account may have been deleted since the token was issued.
pub(crate) struct FormerCaller(pub(crate) Session);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let FormerCaller(session) = FormerCaller::from_request_parts(parts, state).await?;
        state.accounts.check(&session)?;
        if let Some(renewed) = session.renewed(state.clock.now()) {
            renewal::leave(&parts.extensions, &state.sessions.token(&renewed)?);
        }
        Ok(Self(session))
    }
}

impl FromRequestParts<AppState> for FormerCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let token = bearer_token(&parts.headers).ok_or_else(no_token)?;
        let session = state.sessions.verify(token, state.clock.now()).await?;
        count(parts, state, &session).await?;
        Ok(Self(session))
    }
}

/// Counts a request of the user whose session it is.
pub(crate) async fn count(
    parts: &mut Parts,
    state: &AppState,
    session: &Session,
) -> Result<(), ApiError> {
    log::note_user(&state.pseudonyms.of(&session.user_id));
    let Extension(limits) = Extension::<Arc<RateLimits>>::from_request_parts(parts, state)
        .await
        .map_err(|missing: ExtensionRejection| ApiError::internal(&missing))?;
    limits.count_user(&session.user_id)
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        let expired = |reason| Self {
            reason: Some(reason),
            ..Self::new(ErrorCode::Unauthorized, "Session expired")
        };
        match error {
            SessionError::Invalid => Self::new(
                ErrorCode::Unauthorized,
                "The session token is not valid; sign in again",
            ),
            SessionError::Idle => expired("idle"),
            SessionError::Hard => expired("hard"),
            SessionError::Unavailable => Self::new(
                ErrorCode::Unavailable,
                "The keys of the token's issuer cannot be fetched at the moment; try again",
            ),
        }
    }
}

impl From<AccountDeleted> for ApiError {
    fn from(error: AccountDeleted) -> Self {
        Self::new(ErrorCode::Unauthorized, error.to_string())
    }
}

impl From<SigningError> for ApiError {
    fn from(error: SigningError) -> Self {
        Self::internal(&error)
    }
}

fn no_token() -> ApiError {
    let sentence = "A session token is missing; send the header `Authorization: Bearer <token>`";
    ApiError::new(ErrorCode::Unauthorized, sentence)
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
    use syncline_application::ports::SessionError;

    use super::{bearer_token, no_token};
    use crate::error::{ApiError, ErrorCode};

    fn token(header: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static(header));
        bearer_token(&headers).map(str::to_owned)
    }

    #[test]
    fn the_token_stands_behind_its_scheme() {
        assert_eq!(token("Bearer a.b.c").as_deref(), Some("a.b.c"));
        assert_eq!(token("bearer  a.b.c ").as_deref(), Some("a.b.c"));
        for header in ["", "Bearer", "Bearer ", "a.b.c", "Basic a.b.c"] {
            assert_eq!(token(header), None, "{header:?}");
        }
        assert_eq!(bearer_token(&HeaderMap::new()), None);
    }

    #[test]
    fn an_expired_session_says_which_limit_it_met() {
        let idle = ApiError::from(SessionError::Idle);
        let hard = ApiError::from(SessionError::Hard);
        assert_eq!(
            (&*idle.error, idle.reason),
            ("Session expired", Some("idle"))
        );
        assert_eq!(
            (&*hard.error, hard.reason),
            ("Session expired", Some("hard"))
        );
        for error in [idle, hard, SessionError::Invalid.into(), no_token()] {
            assert_eq!(error.code, ErrorCode::Unauthorized);
        }
    }
}
