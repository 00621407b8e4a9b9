//! More than one way to sign in.

use axum::{
    Json,
    extract::{FromRequest, Path, Request, State, rejection::PathRejection},
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{OneTimeCode, SignedInAnswer, cookie, sign_in::name};
use crate::{AppState, body::JsonBody, caller::Caller, error::ApiError};

/// Where a browser goes to prove an identity.
#[derive(Serialize)]
struct Way {
    url: String,
}

/// `POST /auth/link/{provider}`: with a one-time code links the identity that it stands for;
/// without a body begins a sign-in that ends with the identity linked.
pub(super) async fn link(
    State(state): State<AppState>,
    Caller(session): Caller,
    provider: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let provider = name(provider)?;
    if has_body(request.headers()) {
        let JsonBody(OneTimeCode { code }) = JsonBody::from_request(request, &state).await?;
        let linked = state.identity.link_code(&session, &provider, &code).await?;
        return Ok(Json(SignedInAnswer::from(linked)).into_response());
    }
    let begun = state.identity.begin_link(&session, &provider).await?;
    let cookie = cookie::set(&begun, state.identity.is_https())?;
    Ok(([(SET_COOKIE, cookie)], Json(Way { url: begun.url })).into_response())
}

/// `DELETE /auth/providers/{provider}`: takes a way to sign in away, but never the last.
pub(super) async fn unlink(
    State(state): State<AppState>,
    Caller(session): Caller,
    provider: Result<Path<String>, PathRejection>,
) -> Result<Json<SignedInAnswer>, ApiError> {
    let unlinked = state.identity.unlink(&session, &name(provider)?).await?;
    Ok(Json(unlinked.into()))
}

fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH);
    headers.contains_key(CONTENT_TYPE) || length.is_some_and(|length| length != "0")
}
