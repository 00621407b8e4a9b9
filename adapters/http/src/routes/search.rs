mod schema;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde_json::Value;
use syncline_application::search::{SearchAnswer, SearchBody, SearchRequest};

use crate::{
    AppState,
    body::JsonBody,
    caller::Caller,
    error::{ApiError, ErrorCode},
    openapi::{schema::ApplicationName, tags},
    organisation::Organisation,
};

/// Search a collection
///
/// Finds the documents of a collection that a filter and a text mean, among the caller's own and all
/// that others let the caller see. Results come in pages: `nextCursor` leads to the next one.
#[utoipa::path(
    post,
    path = "/{application}/search",
    operation_id = "searchDocuments",
    tag = tags::SEARCH,
    security(("session" = [])),
    params(("application" = ApplicationName, Path), Organisation),
    request_body(
        content = schema::SearchRequest,
        examples(
            ("all" = (
                summary = "The whole collection, by key",
                value = json!({ "collection": "tasks" }),
            )),
            ("filter" = (
                summary = "A filter, sorted, with the number of all matches",
                value = json!({
                    "collection": "tasks",
                    "filter": { "type": "and", "filters": [
                        { "type": "filter", "field": "done", "op": "eq", "value": false },
                        { "type": "filter", "field": "title", "op": "contains", "value": "milk" },
                    ] },
                    "sort": [{ "field": "title", "direction": "asc" }],
                    "limit": 20,
                    "total": true,
                }),
            )),
            ("text" = (
                summary = "Full text, the best match first",
                value = json!({ "collection": "tasks", "text": "milk -oat" }),
            )),
        ),
    ),
    responses(
        (
            status = 200,
            description = "A page of what was found",
            body = schema::SearchAnswer,
            examples(
                ("all" = (value = json!({ "results": [{
                    "_key": "groceries",
                    "_rev": "0019ab3f5c2d0-000000-server~1",
                    "title": "Buy milk",
                }] }))),
                ("filter" = (value = json!({ "results": [], "total": 0 }))),
                ("text" = (value = json!({ "results": [{
                    "_key": "groceries",
                    "_rev": "0019ab3f5c2d0-000000-server~1",
                    "_score": 0.06,
                    "_highlight": { "title": "Buy <mark>milk</mark>" },
                    "title": "Buy milk",
                }] }))),
            ),
        ),
        (
            status = 400,
            description = "`bad_request`: the search breaks a rule, which the sentence names with \
                its place.",
            body = ApiError,
            example = json!({
                "error": "filter.op: `like` is no operator; those are `eq`, `ne`, `contains`, \
                    `gt`, `gte`, `lt`, `lte`, `in`, `exists`, `starts`",
                "code": "bad_request",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: the server has no such application.",
            body = ApiError,
            example = json!({
                "error": "there is no application `diary` on this server",
                "code": "not_found",
            }),
        ),
    ),
)]
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(session): Caller,
    Organisation(organisation): Organisation,
    application: Result<Path<String>, PathRejection>,
    JsonBody(body): JsonBody<SearchBody>,
) -> Result<Response, ApiError> {
    let Path(application) = application
        .map_err(|rejection| ApiError::new(ErrorCode::BadRequest, rejection.body_text()))?;
    let request = SearchRequest {
        caller: session.user_id,
        organisation,
        application,
        body,
    };
    let answer = state.search.search(request).await?;
    Ok(([(CONTENT_TYPE, "application/json")], body_of(&answer)).into_response())
}

/// The results are JSON already.
fn body_of(answer: &SearchAnswer) -> String {
    let mut text = format!("{{\"results\":[{}]", answer.results);
    if let Some(cursor) = &answer.next_cursor {
        text.push_str(",\"nextCursor\":");
        text.push_str(&Value::from(cursor.as_str()).to_string());
    }
    if let Some(total) = answer.total {
        text.push_str(",\"total\":");
        text.push_str(&total.to_string());
    }
    text.push('}');
    text
}
