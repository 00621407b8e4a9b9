//! `POST /account/import`: an export comes back, as one JSON object or with a document a line.

mod schema;

use std::time::Duration;

use axum::{
    Json,
    body::Body,
    extract::{FromRequest, Request, State},
};
use futures::StreamExt;
use syncline_application::import::{ImportBody, ImportReport, LineImport};
use tokio::time::timeout;

use crate::{
    AppState,
    body::{self, JsonBody, NDJSON},
    bounds::Bounds,
    caller::Caller,
    error::{ApiError, ErrorCode},
    layers::Progress,
    openapi::tags,
};

/// How long a file may take, however large it is and whoever sends it.
const LONGEST: Duration = Duration::from_mins(30);

/// Import an export
///
/// Takes back what `GET /account/export` gave, whosever it was, as `json` or, of any size, as
/// `ndjson`: each document is merged into the caller's own like the edit of a device that knows of
/// nothing. What is there already stays as it is, what is gone comes back unless it was deleted later
/// than it was edited, and where both differ the later edit wins, field by field. Importing the same
/// again changes nothing.
#[utoipa::path(
    post,
    path = "/account/import",
    operation_id = "importAccount",
    tag = tags::ACCOUNT,
    security(("session" = [])),
    request_body(
        content(
            (
                schema::Import = "application/json",
                example = json!({
                    "docs": { "todo": { "tasks": [{
                        "_key": "groceries",
                        "_rev": "0019ab3f5c2d0-000000-server~1",
                        "_fieldRevs": { "title": "0019ab3f5c2d0-000000-phone" },
                        "title": "Buy milk",
                    }] } },
                }),
            ),
            (
                String = "application/x-ndjson",
                example = "{\"_app\":\"todo\",\"_collection\":\"tasks\",\"_key\":\"groceries\",\
                    \"_fieldRevs\":{},\"title\":\"Buy milk\"}\n",
            ),
        ),
        description = "The export; members that it does not need are passed over.",
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
    bounds: Bounds,
    progress: Progress,
    request: Request,
) -> Result<Json<ImportReport>, ApiError> {
    if body::media_type(request.headers()).as_deref() != Some(NDJSON) {
        let JsonBody(body) = JsonBody::<ImportBody>::from_request(request, &state).await?;
        let import = state.import.import(&session, body, || progress.made());
        return Ok(Json(
            timeout(LONGEST, import).await.map_err(|_| too_slow())??,
        ));
    }
    body::check_encoding(request.headers())?;
    let import = state.import.lines(session, bounds.body_bytes)?;
    let report = timeout(
        LONGEST,
        take(import, request.into_body(), bounds, &progress),
    );
    report.await.map_err(|_| too_slow())?.map(Json)
}

/// Takes a file in while it comes, each piece of it within the time of a page.
async fn take(
    mut import: LineImport,
    body: Body,
    bounds: Bounds,
    progress: &Progress,
) -> Result<ImportReport, ApiError> {
    let mut pieces = body.into_data_stream();
    loop {
        let piece = timeout(bounds.page_time, pieces.next());
        match piece.await.map_err(|_| too_slow())? {
            Some(piece) => {
                import.take(&piece.map_err(|_| body::broken_off())?).await?;
            }
            None => return Ok(import.finish().await?),
        }
        progress.made();
    }
}

fn too_slow() -> ApiError {
    let sentence = "The import took too long; what came is stored, so send the file again, \
        or less of it at once";
    ApiError::new(ErrorCode::Unavailable, sentence)
}
