use axum::{Json, extract::State};
use serde::Serialize;

use crate::{AppState, error::ApiError};

#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
}

/// `GET /health`: the server is alive.
pub(super) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// `GET /ready`: the database answers and has the schema of this program.
pub(super) async fn ready(State(state): State<AppState>) -> Result<Json<Health>, ApiError> {
    match state.store.ready().await {
        Ok(()) => Ok(Json(Health { status: "ready" })),
        Err(cause) => Err(ApiError::unavailable(&cause)),
    }
}
