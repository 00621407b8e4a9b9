mod answer;
mod examples;
mod schema;

use std::sync::Arc;

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
    openapi::{schema::ApplicationName, tags},
    organisation::Organisation,
};

pub(super) use schema::Rejection;

/// Synchronise a collection
///
/// Stores what the device changed in one collection, and answers with what it has not seen. The
/// changes are stored first, all or none, unless `partial` asks for those that are valid; the answer
/// is then read, page by page if it is long. Where both sides changed a document, their edits merge
/// field by field, texts line by line, and what loses is reported.
///
/// A device begins without a `clientClock`, and sends the `serverClock` of each answer with its
/// next request. While `hasMore` is `true` it syncs again at once. Sending a request again, when its
/// answer was lost, changes nothing.
#[utoipa::path(
    post,
    path = "/{application}/sync",
    operation_id = "syncCollection",
    tag = tags::SYNC,
    security(("session" = [])),
    params(("application" = ApplicationName, Path), Organisation),
    request_body(
        content = schema::SyncRequest,
        examples(
            ("first" = (
                summary = "A device that has seen nothing",
                value = json!(examples::first_request()),
            )),
            ("edit" = (
                summary = "A device pushes a new document",
                value = json!(examples::edit_request()),
            )),
            ("deletion" = (
                summary = "A device deletes a document",
                value = json!(examples::deletion_request()),
            )),
            ("partial" = (
                summary = "Store what is valid, and list the rest",
                value = json!(examples::partial_request()),
            )),
        ),
    ),
    responses(
        (
            status = 200,
            description = "What is stored of the changes, and what the device has not seen",
            body = schema::SyncAnswer,
            examples(
                ("first" = (
                    summary = "Everything there is",
                    value = json!(examples::first_answer()),
                )),
                ("edit" = (
                    summary = "The document as it is stored",
                    value = json!(examples::edit_answer()),
                )),
                ("deletion" = (
                    summary = "The tombstone",
                    value = json!(examples::deletion_answer()),
                )),
                ("partial" = (
                    summary = "One change was stored, one was not",
                    value = json!(examples::partial_answer()),
                )),
            ),
        ),
        (
            status = 400,
            description = "`bad_request`, `schema_validation_failed` with a list of places, or \
                `clock_skew` with the server's time: nothing was stored.",
            body = ApiError,
            examples(
                ("bad_request" = (
                    summary = "A rule of the protocol is broken",
                    value = json!(examples::bad_request()),
                )),
                ("schema_validation_failed" = (
                    summary = "The collection's schema is broken",
                    value = json!(examples::schema_validation_failed()),
                )),
                ("clock_skew" = (
                    summary = "A revision is more than five minutes ahead of the server",
                    value = json!(examples::clock_skew()),
                )),
            ),
        ),
        (
            status = 403,
            description = "`forbidden`: the caller is no member of the organisation that \
                `X-Org-Id` names, or may only read the document of another.",
            body = ApiError,
            example = json!(examples::forbidden()),
        ),
        (
            status = 404,
            description = "`not_found`: the server has no such application, or the document of \
                another is not shared with the caller.",
            body = ApiError,
            example = json!({
                "error": "there is no application `diary` on this server",
                "code": "not_found",
            }),
        ),
    ),
)]
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
    let answer = Arc::clone(&state.sync).sync(request).await?;
    answer::respond(answer, bounds.page_time).await
}
