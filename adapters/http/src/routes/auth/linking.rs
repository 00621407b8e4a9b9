//! More than one way to sign in.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::{Extensions, header::SET_COOKIE},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{OneTimeCode, SignedInAnswer, cookie, schema::ProviderName, sign_in::name};
use crate::{
    AppState, body::OptionalJsonBody, caller::Caller, error::ApiError, layers::renewal,
    openapi::tags,
};

/// Where a browser goes to prove an identity.
#[derive(Serialize, ToSchema)]
struct Way {
    /// The provider's page.
    url: String,
}

/// Link another way to sign in
///
/// Without a body begins a sign-in that ends with the identity linked: the browser goes to `url`. With
/// the one-time code of a sign-in that ended at a page, links the identity that the code stands for.
#[utoipa::path(
    post,
    path = "/auth/link/{provider}",
    operation_id = "linkProvider",
    tag = tags::SIGN_IN,
    security(("session" = [])),
    params(ProviderName),
    request_body(
        content = Option<OneTimeCode>,
        example = json!({ "code": "q3Jv4cXVc1fQ0x7tqmJIkrVJ8LhK5t4Zy7mWc0a9TnE" }),
    ),
    responses(
        (
            status = 200,
            description = "Where the browser goes, or the user with the identity linked",
            headers(("Set-Cookie" = String, description = "Without a body: the sign-in that has begun, sealed")),
            body = LinkAnswer,
        ),
        (
            status = 400,
            description = "`bad_request`: the code is not good, or no longer, or is for another provider; or it is \
                missing, and the provider has no page, as `dev`.",
            body = ApiError,
            example = json!({
                "error": "the code was used before, is older than a minute, or is none of ours; sign in again",
                "code": "bad_request",
            }),
        ),
        (
            status = 403,
            description = "`forbidden`: the session is of another issuer, who alone decides how its users sign in.",
            body = ApiError,
            example = json!({
                "error": "sessions of other issuers have no providers here; sign in at this server to link one",
                "code": "forbidden",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: nobody can sign in through this provider here.",
            body = ApiError,
            example = json!({
                "error": "nobody can sign in through `google` on this server; it has `dev`",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: the identity belongs to another user, or another one of the provider is linked.",
            body = ApiError,
            example = json!({
                "error": "another google account is linked already; unlink it first",
                "code": "conflict",
            }),
        ),
    ),
)]
pub(super) async fn link(
    State(state): State<AppState>,
    Caller(session): Caller,
    extensions: Extensions,
    provider: Result<Path<String>, PathRejection>,
    OptionalJsonBody(proof): OptionalJsonBody<OneTimeCode>,
) -> Result<Response, ApiError> {
    let provider = name(provider)?;
    if let Some(OneTimeCode { code }) = proof {
        let linked = state.identity.link_code(&session, &provider, &code).await?;
        renewal::replace(&extensions, &linked.token);
        return Ok(Json(SignedInAnswer::from(linked)).into_response());
    }
    let begun = state.identity.begin_link(&session, &provider).await?;
    let cookie = cookie::set(&begun, state.identity.is_https())?;
    Ok(([(SET_COOKIE, cookie)], Json(Way { url: begun.url })).into_response())
}

/// Unlink a way to sign in
///
/// The last one stays.
#[utoipa::path(
    delete,
    path = "/auth/providers/{provider}",
    operation_id = "unlinkProvider",
    tag = tags::SIGN_IN,
    security(("session" = [])),
    params(ProviderName),
    responses(
        (
            status = 200,
            description = "The user, and a session token that names the providers that are left",
            body = SignedInAnswer,
            example = json!({
                "user": {
                    "userId": "5b3f0f6e-6c6b-4a51-9d0a-3c8c4a6a7c11",
                    "name": "ada",
                    "email": null,
                    "providers": ["dev"],
                },
                "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
            }),
        ),
        (
            status = 403,
            description = "`forbidden`: the session is of another issuer, who alone decides how its users sign in.",
            body = ApiError,
            example = json!({
                "error": "sessions of other issuers have no providers here; sign in at this server to link one",
                "code": "forbidden",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: there is no such provider, or it is not linked.",
            body = ApiError,
            example = json!({
                "error": "google is not linked; `GET /auth/me` tells what is",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: the user could not sign in any more.",
            body = ApiError,
            example = json!({
                "error": "dev is your only way to sign in; link another provider first",
                "code": "conflict",
            }),
        ),
    ),
)]
pub(super) async fn unlink(
    State(state): State<AppState>,
    Caller(session): Caller,
    extensions: Extensions,
    provider: Result<Path<String>, PathRejection>,
) -> Result<Json<SignedInAnswer>, ApiError> {
    let unlinked = state.identity.unlink(&session, &name(provider)?).await?;
    renewal::replace(&extensions, &unlinked.token);
    Ok(Json(unlinked.into()))
}

/// How a link begins or ends.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes both answers")]
enum LinkAnswer {
    Begun(Way),
    Linked(SignedInAnswer),
}
