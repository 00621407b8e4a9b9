//! `/auth`: signing in, and who is signed in.

mod answer;
mod cookie;
mod development;
mod linking;
mod schema;
mod sign_in;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{AppState, body::JsonBody, caller::Caller, error::ApiError, openapi::tags};
use answer::SignedInAnswer;

pub(super) use answer::UserAnswer;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(providers))
        .routes(routes!(sign_in::begin))
        .routes(routes!(sign_in::complete, sign_in::complete_form))
        .routes(routes!(exchange))
        .routes(routes!(development::visit, development::post))
        .routes(routes!(me))
        .routes(routes!(logout))
        .routes(routes!(linking::link))
        .routes(routes!(linking::unlink))
}

/// Through whom people can sign in.
#[derive(Serialize, ToSchema)]
#[schema(as = ProviderList)]
struct Providers {
    /// Their names.
    #[schema(value_type = Vec<schema::Provider>)]
    providers: Vec<&'static str>,
}

/// List the providers
///
/// Through whom people can sign in on this server.
#[utoipa::path(
    get,
    path = "/auth/providers",
    operation_id = "listProviders",
    tag = tags::SIGN_IN,
    responses(
        (
            status = 200,
            description = "Their names",
            body = Providers,
            example = json!({ "providers": ["dev"] }),
        ),
    ),
)]
async fn providers(State(state): State<AppState>) -> Json<Providers> {
    let providers = state.identity.providers();
    Json(Providers {
        providers: providers.into_iter().map(Into::into).collect(),
    })
}

/// Read the caller
///
/// Who the session token belongs to.
#[utoipa::path(
    get,
    path = "/auth/me",
    operation_id = "getCaller",
    tag = tags::SIGN_IN,
    security(("session" = [])),
    responses(
        (
            status = 200,
            description = "The caller",
            body = UserAnswer,
            example = json!({
                "userId": "5b3f0f6e-6c6b-4a51-9d0a-3c8c4a6a7c11",
                "name": "ada",
                "email": null,
                "providers": ["dev"],
            }),
        ),
    ),
)]
async fn me(
    State(state): State<AppState>,
    Caller(session): Caller,
) -> Result<Json<UserAnswer>, ApiError> {
    Ok(Json(state.identity.user(&session).await?.into()))
}

/// What to do.
#[derive(Serialize, ToSchema)]
struct Guidance {
    /// In a sentence.
    message: &'static str,
}

/// Sign out
///
/// The server keeps no sessions: whoever discards the token is signed out. This says so.
#[utoipa::path(
    post,
    path = "/auth/logout",
    operation_id = "signOut",
    tag = tags::SIGN_IN,
    responses(
        (
            status = 200,
            description = "What to do",
            body = Guidance,
            example = json!({
                "message": "Sessions are kept by their holders alone: discard the token, and you \
                    are signed out",
            }),
        ),
    ),
)]
async fn logout() -> Json<Guidance> {
    Json(Guidance {
        message: "Sessions are kept by their holders alone: discard the token, and you are \
                  signed out",
    })
}

/// A one-time code.
#[derive(Deserialize, ToSchema)]
struct OneTimeCode {
    /// As it stood in the address of the page.
    code: String,
}

/// Exchange a one-time code for a session
///
/// A sign-in that begins with `redirectUri` ends at that page with `?code=`: within a minute, and
/// once, the code is good for a session token.
#[utoipa::path(
    post,
    path = "/auth/token",
    operation_id = "exchangeCode",
    tag = tags::SIGN_IN,
    request_body(
        content = OneTimeCode,
        example = json!({ "code": "q3Jv4cXVc1fQ0x7tqmJIkrVJ8LhK5t4Zy7mWc0a9TnE" }),
    ),
    responses(
        (
            status = 200,
            description = "The user, and a session token",
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
            status = 400,
            description = "`bad_request`: the code is not good, or no longer.",
            body = ApiError,
            example = json!({
                "error": "the code was used before, is older than a minute, or is none of ours; sign in again",
                "code": "bad_request",
            }),
        ),
    ),
)]
async fn exchange(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<OneTimeCode>,
) -> Result<Json<SignedInAnswer>, ApiError> {
    Ok(Json(state.identity.exchange(&body.code).await?.into()))
}
