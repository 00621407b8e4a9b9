//! `/auth`: signing in, and who is signed in.

mod answer;
mod cookie;
mod development;
mod linking;
mod sign_in;

use axum::{
    Json, Router,
    extract::State,
    routing::{delete, get, post},
};
use serde::{Deserialize, Serialize};

use crate::{AppState, body::JsonBody, caller::Caller, error::ApiError};
use answer::{SignedInAnswer, UserAnswer};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/auth/me", get(me))
        .route("/auth/logout", post(logout))
        .route("/auth/token", post(exchange))
        .route("/auth/dev", get(development::visit).post(development::post))
        .route("/auth/link/{provider}", post(linking::link))
        .route("/auth/providers", get(providers))
        .route("/auth/providers/{provider}", delete(linking::unlink))
        .route("/auth/{provider}", get(sign_in::begin))
        .route(
            "/auth/{provider}/callback",
            get(sign_in::complete).post(sign_in::complete_form),
        )
}

#[derive(Serialize)]
struct Providers {
    providers: Vec<&'static str>,
}

/// `GET /auth/providers`: through whom people can sign in here.
async fn providers(State(state): State<AppState>) -> Json<Providers> {
    let providers = state.identity.providers();
    Json(Providers {
        providers: providers.into_iter().map(Into::into).collect(),
    })
}

/// `GET /auth/me`: who calls.
async fn me(
    State(state): State<AppState>,
    Caller(session): Caller,
) -> Result<Json<UserAnswer>, ApiError> {
    Ok(Json(state.identity.user(&session).await?.into()))
}

#[derive(Serialize)]
struct Guidance {
    message: &'static str,
}

/// `POST /auth/logout`: what to do, since the server keeps no sessions.
async fn logout() -> Json<Guidance> {
    Json(Guidance {
        message: "Sessions are kept by their holders alone: discard the token, and you are \
                  signed out",
    })
}

#[derive(Deserialize)]
struct OneTimeCode {
    code: String,
}

/// `POST /auth/token`: a session for the one-time code with which a page was called back.
async fn exchange(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<OneTimeCode>,
) -> Result<Json<SignedInAnswer>, ApiError> {
    Ok(Json(state.identity.exchange(&body.code).await?.into()))
}
