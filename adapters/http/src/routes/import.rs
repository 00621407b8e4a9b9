mod schema;

use axum::{Json, extract::State};
use syncline_application::import::{ImportBody, ImportReport};

use crate::{AppState, body::JsonBody, caller::Caller, error::ApiError, openapi::tags};

/// Import an export
///
/// Takes back what `GET /account/export` gave, whosever it was: each document is merged into the
/// caller's own like the edit of a device that knows of nothing. What is there already stays as it
/// is, what is gone comes back, and where both differ the later edit wins, field by field. Importing
/// the same again changes nothing.
#[utoipa::path(
    post,
    path = "/account/import",
    operation_id = "importAccount",
    tag = tags::ACCOUNT,
    security(("session" = [])),
    request_body(
        content = schema::Import,
        description = "The export; members that it does not need are passed over.",
        example = json!({
            "docs": { "todo": { "tasks": [{
                "_key": "groceries",
                "_rev": "0019ab3f5c2d0-000000-server~1",
                "_fieldRevs": { "title": "0019ab3f5c2d0-000000-phone" },
                "title": "Buy milk",
            }] } },
        }),
    ),
    responses(
        (
            status = 200,
            description = "What became of it. What cannot be stored is listed in `rejected` and \
                holds up nothing else.",
            body = schema::Report,
            example = json!({
                "imported": 1,
                "unchanged": 0,
                "merged": 0,
                "entries": 0,
                "conflicts": [],
                "rejected": [],
            }),
        ),
    ),
)]
pub(super) async fn import(
    State(state): State<AppState>,
    Caller(session): Caller,
    JsonBody(body): JsonBody<ImportBody>,
) -> Result<Json<ImportReport>, ApiError> {
    let report = state.import.import(&session, body).await?;
    Ok(Json(report))
}
