use axum::{Json, extract::State};
use syncline_application::import::{ImportBody, ImportReport};

use crate::{AppState, body::JsonBody, caller::Caller, error::ApiError};

/// `POST /account/import`: merges an export into what the caller has.
pub(super) async fn import(
    State(state): State<AppState>,
    Caller(session): Caller,
    JsonBody(body): JsonBody<ImportBody>,
) -> Result<Json<ImportReport>, ApiError> {
    let report = state.import.import(&session, body).await?;
    Ok(Json(report))
}
