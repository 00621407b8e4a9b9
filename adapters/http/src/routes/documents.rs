//! `/{application}/collections/{collection}/documents/{key}`: a document, and what it was.

use axum::{
    Router,
    extract::{FromRequestParts, Path, Query, State, rejection::PathRejection},
    http::{header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use syncline_application::documents::{DocumentRequest, ReadDocument};
use syncline_domain::hlc::Hlc;

use crate::{
    AppState,
    body::JsonBody,
    caller::Caller,
    error::{ApiError, ErrorCode},
    organisation::Organisation,
};

const DOCUMENT: &str = "/{application}/collections/{collection}/documents/{key}";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(DOCUMENT, get(show))
        .route(&format!("{DOCUMENT}/versions"), get(versions))
        .route(&format!("{DOCUMENT}/restore"), post(restore))
}

/// `GET …/{key}`: the document, and the clock that an edit of it has as `baseClock`.
async fn show(
    State(state): State<AppState>,
    DocumentPath(request): DocumentPath,
) -> Result<Response, ApiError> {
    let document = state.documents.get(&request).await?;
    let clock = text(&document.clock)?;
    Ok(json(&[("document", document.text), ("clock", clock)]))
}

/// `GET …/{key}/versions`: its kept versions, the newest first.
async fn versions(
    State(state): State<AppState>,
    DocumentPath(request): DocumentPath,
    page: PageQuery,
) -> Result<Response, ApiError> {
    let page = state
        .documents
        .versions(&request, page.cursor.as_deref(), page.limit)
        .await?;
    let versions = format!("[{}]", page.versions.join(","));
    let mut members = vec![("versions", versions)];
    if let Some(cursor) = &page.next_cursor {
        members.push(("nextCursor", text(cursor)?));
    }
    Ok(json(&members))
}

#[derive(Deserialize)]
struct Restoration {
    rev: Hlc,
}

/// `POST …/{key}/restore`: makes an old version the newest one.
async fn restore(
    State(state): State<AppState>,
    DocumentPath(request): DocumentPath,
    JsonBody(body): JsonBody<Restoration>,
) -> Result<Response, ApiError> {
    let restored = state.documents.restore(&request, &body.rev).await?;
    let mut members = match restored.document {
        Some(ReadDocument {
            text: document,
            clock,
        }) => {
            vec![("document", document), ("clock", text(&clock)?)]
        }
        None => vec![("document", "null".to_owned())],
    };
    members.push(("conflicts", text(&restored.conflicts)?));
    Ok(json(&members))
}

/// The document of the path, and who asks for it.
struct DocumentPath(DocumentRequest);

impl FromRequestParts<AppState> for DocumentPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Caller(session) = Caller::from_request_parts(parts, state).await?;
        let Organisation(organisation) = Organisation::from_request_parts(parts, state).await?;
        let Path((application, collection, key)) = Path::from_request_parts(parts, state)
            .await
            .map_err(|error: PathRejection| {
                ApiError::new(ErrorCode::BadRequest, error.body_text())
            })?;
        let Query(owner) = Query::<OwnerQuery>::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::new(ErrorCode::BadRequest, error.body_text()))?;
        Ok(Self(DocumentRequest {
            caller: session,
            organisation,
            application,
            collection,
            key,
            owner: owner.owner,
        }))
    }
}

/// Whose document it is, if another's: `?owner=`.
#[derive(Deserialize)]
struct OwnerQuery {
    owner: Option<String>,
}

/// Part of a list: `?cursor=&limit=`.
#[derive(Deserialize)]
struct PageQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

impl<S: Send + Sync> FromRequestParts<S> for PageQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Query(page) = Query::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::new(ErrorCode::BadRequest, error.body_text()))?;
        Ok(page)
    }
}

fn text(value: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| ApiError::internal(&error))
}

/// An object of members whose values are JSON already: the database has written most of them.
fn json(members: &[(&str, String)]) -> Response {
    let members: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    let body = format!("{{{}}}", members.join(","));
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}
