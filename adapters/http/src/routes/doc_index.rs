//! `/docIndex/{application}/{key}`: who may see a document.

mod path;
mod wire;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use crate::{AppState, body::JsonBody, error::ApiError};
use path::EntryPath;
use wire::{EntryAnswer, EntryChange, MintedToken};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/docIndex/{application}/{key}", get(show).patch(change))
        .route(
            "/docIndex/{application}/{key}/shareToken",
            post(mint).delete(revoke),
        )
}

/// `GET /docIndex/{application}/{key}`: the entry of a document of the caller.
async fn show(
    State(state): State<AppState>,
    EntryPath(query): EntryPath,
) -> Result<Json<EntryAnswer>, ApiError> {
    let entry = state.access.get(&query).await?;
    Ok(Json(EntryAnswer::of(&query, entry)))
}

/// `PATCH /docIndex/{application}/{key}`: changes to whom it is visible.
async fn change(
    State(state): State<AppState>,
    EntryPath(query): EntryPath,
    JsonBody(body): JsonBody<EntryChange>,
) -> Result<Json<EntryAnswer>, ApiError> {
    let change = body.for_application(&query.application)?;
    let entry = state.access.change(&query, &change).await?;
    Ok(Json(EntryAnswer::of(&query, entry)))
}

/// `POST /docIndex/{application}/{key}/shareToken`: makes a link, whose token is told this once.
async fn mint(
    State(state): State<AppState>,
    EntryPath(query): EntryPath,
) -> Result<Response, ApiError> {
    let (token, entry) = state.access.mint_share_token(&query).await?;
    let answer = MintedToken {
        share_token: token,
        entry: EntryAnswer::of(&query, entry),
    };
    let headers = [(CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, Json(answer)).into_response())
}

/// `DELETE /docIndex/{application}/{key}/shareToken`: the link leads nowhere from then on.
async fn revoke(
    State(state): State<AppState>,
    EntryPath(query): EntryPath,
) -> Result<StatusCode, ApiError> {
    state.access.revoke_share_token(&query).await?;
    Ok(StatusCode::NO_CONTENT)
}
