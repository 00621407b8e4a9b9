use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{AppState, error::ApiError, openapi::tags};

/// How the server is.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok` or `ready`.
    #[schema(pattern = "^(ok|ready)$")]
    status: &'static str,
}

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(ready))
}

/// Ask whether the server is alive
///
/// Answers without asking the database. An orchestrator restarts a server that does not.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "getHealth",
    tag = tags::SERVER,
    responses(
        (status = 200, description = "It is", body = Health, example = json!({ "status": "ok" })),
    ),
)]
async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Ask whether the server is ready
///
/// It is when the database answers and has the schema of this program. A load balancer sends
/// requests only to servers that are.
#[utoipa::path(
    get,
    path = "/ready",
    operation_id = "getReadiness",
    tag = tags::SERVER,
    responses(
        (status = 200, description = "It is", body = Health, example = json!({ "status": "ready" })),
    ),
)]
async fn ready(State(state): State<AppState>) -> Result<Json<Health>, ApiError> {
    match state.store.ready().await {
        Ok(()) => Ok(Json(Health { status: "ready" })),
        Err(cause) => Err(ApiError::unavailable(&cause)),
    }
}
