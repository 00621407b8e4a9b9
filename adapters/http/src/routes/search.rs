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
    organisation::Organisation,
};

/// `POST /{application}/search`: the documents that the caller may see and a filter means.
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
