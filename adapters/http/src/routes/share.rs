use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use syncline_application::access::AccessError;

use crate::{AppState, error::ApiError};

/// `GET /share/{token}`: the document to which a link leads, for whoever holds it.
pub(super) async fn open(
    State(state): State<AppState>,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let Path(token) = token.map_err(|_| AccessError::NoSuchLink)?;
    let document = state.access.open_link(&token).await?;
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, document).into_response())
}
