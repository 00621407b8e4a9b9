use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use syncline_application::access::AccessError;

use crate::{
    AppState,
    error::ApiError,
    openapi::{schema::LinkedDocument, tags},
};

/// Open a shared link
///
/// Answers with the document to which a link leads, to whoever holds its token, without signing in
/// and whatever the document's visibility.
#[utoipa::path(
    get,
    path = "/share/{token}",
    operation_id = "openSharedDocument",
    tag = tags::SHARING,
    params((
        "token" = String,
        Path,
        description = "The link's token",
        example = "6yvl4cXVc1fQ0x7tqmJIkrVJ8LhK5t4Zy7mWc0a9TnE",
    )),
    responses(
        (
            status = 200,
            description = "The document as it is now",
            body = LinkedDocument,
            headers(("Cache-Control" = String, description = "`private, no-store`")),
            example = json!({
                "_key": "groceries",
                "_rev": "0019ab3f5c2d0-000000-server~1",
                "title": "Buy milk",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: the link was revoked or never was.",
            body = ApiError,
            example = json!({
                "error": "this link leads nowhere; ask whoever gave it to you for another",
                "code": "not_found",
            }),
        ),
    ),
)]
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
