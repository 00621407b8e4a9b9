mod answer;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use syncline_application::sync::{SyncBody, WireRequest};

use crate::{
    AppState,
    body::JsonBody,
    bounds::Bounds,
    caller::Caller,
    error::{ApiError, ErrorCode},
    organisation::Organisation,
};

/// `POST /{application}/sync`: stores the caller's changes, and answers with what the caller has
/// not seen.
pub(super) async fn sync(
    State(state): State<AppState>,
    Caller(session): Caller,
    Organisation(organisation): Organisation,
    application: Result<Path<String>, PathRejection>,
    bounds: Bounds,
    JsonBody(body): JsonBody<SyncBody>,
) -> Result<Response, ApiError> {
    let Path(application) = application
        .map_err(|rejection| ApiError::new(ErrorCode::BadRequest, rejection.body_text()))?;
    let request = WireRequest {
        caller: session,
        organisation,
        application,
        body,
    };
    let answer = state.sync.sync(request).await?;
    answer::respond(answer, bounds.page_time).await
}
