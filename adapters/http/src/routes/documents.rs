//! `/{application}/collections/{collection}/documents/{key}`: a document, and what it was.

mod schema;

use axum::{
    extract::{FromRequestParts, Path, Query, State, rejection::PathRejection},
    http::{header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use syncline_application::documents::{DocumentRequest, ReadDocument};
use syncline_domain::hlc::Hlc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    AppState,
    body::JsonBody,
    caller::Caller,
    error::{ApiError, ErrorCode},
    openapi::{
        schema::{ApplicationName, Clock, CollectionName, DocumentKey, UserId},
        tags,
    },
    organisation::Organisation,
};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(versions))
        .routes(routes!(restore))
}

/// Read a document
///
/// Answers with the document and a clock that serves as the `baseClock` of an edit made from it,
/// without any sync before.
#[utoipa::path(
    get,
    path = "/{application}/collections/{collection}/documents/{key}",
    operation_id = "getDocument",
    tag = tags::DOCUMENTS,
    security(("session" = [])),
    params(Names, OwnerQuery, Organisation),
    responses(
        (
            status = 200,
            description = "The document as it is now",
            body = schema::ReadDocument,
            example = json!({
                "document": {
                    "_key": "groceries",
                    "_rev": "0019ab3f5c2d0-000000-server~1",
                    "_fieldRevs": { "title": "0019ab3f5c2d0-000000-phone" },
                    "title": "Buy milk",
                },
                "clock": "0019ab3f5c300-000000-server~2",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: there is no such application, or no such document that the \
                caller may see.",
            body = ApiError,
            example = json!({
                "error": "there is no document `ironing` here; sync the collection to see which \
                    there are",
                "code": "not_found",
            }),
        ),
    ),
)]
async fn show(
    State(state): State<AppState>,
    DocumentPath(request): DocumentPath,
) -> Result<Response, ApiError> {
    let document = state.documents.get(&request).await?;
    let clock = text(&document.clock)?;
    Ok(json(&[("document", document.text), ("clock", clock)]))
}

/// List a document's versions
///
/// Versions are kept for the retention time that the server's configuration says. The newest comes
/// first, which is the document as it is now.
#[utoipa::path(
    get,
    path = "/{application}/collections/{collection}/documents/{key}/versions",
    operation_id = "listDocumentVersions",
    tag = tags::DOCUMENTS,
    security(("session" = [])),
    params(Names, OwnerQuery, PageQuery, Organisation),
    responses(
        (
            status = 200,
            description = "A page of versions",
            body = schema::Versions,
            example = json!({
                "versions": [
                    {
                        "_key": "groceries",
                        "_rev": "0019ab3f5c2d0-000000-server~1",
                        "_fieldRevs": { "title": "0019ab3f5c2d0-000000-phone" },
                        "title": "Buy milk",
                    },
                ],
            }),
        ),
        (
            status = 404,
            description = "`not_found`: there is no such application, or no such document that the \
                caller may see.",
            body = ApiError,
            example = json!({
                "error": "there is no document `ironing` here; sync the collection to see which \
                    there are",
                "code": "not_found",
            }),
        ),
    ),
)]
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

/// The version to take back.
#[derive(Deserialize, ToSchema)]
struct Restoration {
    /// Its revision.
    #[schema(value_type = Clock)]
    rev: Hlc,
}

/// Restore a version
///
/// Makes an old version of a document the newest one, as an edit that merges and reaches every
/// device like any other. What was deleted can be restored too.
#[utoipa::path(
    post,
    path = "/{application}/collections/{collection}/documents/{key}/restore",
    operation_id = "restoreDocument",
    tag = tags::DOCUMENTS,
    security(("session" = [])),
    params(Names, OwnerQuery, Organisation),
    request_body(
        content = Restoration,
        example = json!({ "rev": "0019ab3f5c2d0-000000-server~1" }),
    ),
    responses(
        (
            status = 200,
            description = "The document as it is then",
            body = schema::Restored,
            example = json!({
                "document": {
                    "_key": "groceries",
                    "_rev": "0019ab3f5c2d0-000000-server~1",
                    "_fieldRevs": { "title": "0019ab3f5c2d0-000000-phone" },
                    "title": "Buy milk",
                },
                "clock": "0019ab3f5c300-000000-server~2",
                "conflicts": [],
            }),
        ),
        (
            status = 400,
            description = "`bad_request`, or `schema_validation_failed`: the collection's schema \
                refuses what the version held.",
            body = ApiError,
            example = json!({
                "error": "rev: a clock is written as 13 lower-case hexadecimal digits, `-`, 6 \
                    lower-case hexadecimal digits, `-` and a node at line 1 column 11",
                "code": "bad_request",
            }),
        ),
        (
            status = 403,
            description = "`forbidden`: the caller is no member of the organisation that `X-Org-Id` names, or \
                may only read the document of another.",
            body = ApiError,
            example = json!({
                "error": "You are no member of the organisation that `X-Org-Id` names; `GET /orgs` lists \
                    yours",
                "code": "forbidden",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: there is no such application, no such document that the \
                caller may see, or its version is no longer kept.",
            body = ApiError,
            example = json!({
                "error": "rev: no version of the document with this revision is kept; `versions` \
                    lists them",
                "code": "not_found",
            }),
        ),
    ),
)]
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

/// The path of a document.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct Names {
    #[param(value_type = ApplicationName)]
    application: String,
    #[param(value_type = CollectionName)]
    collection: String,
    #[param(value_type = DocumentKey)]
    key: String,
}

/// The document of the path, and who asks for it.
struct DocumentPath(DocumentRequest);

impl FromRequestParts<AppState> for DocumentPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Caller(session) = Caller::from_request_parts(parts, state).await?;
        let Organisation(organisation) = Organisation::from_request_parts(parts, state).await?;
        let Path(names) = Path::<Names>::from_request_parts(parts, state)
            .await
            .map_err(|error: PathRejection| {
                ApiError::new(ErrorCode::BadRequest, error.body_text())
            })?;
        let Query(owner) = Query::<OwnerQuery>::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::new(ErrorCode::BadRequest, error.body_text()))?;
        Ok(Self(DocumentRequest {
            caller: session,
            organisation,
            application: names.application,
            collection: names.collection,
            key: names.key,
            owner: owner.owner,
        }))
    }
}

/// Whose document it is.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OwnerQuery {
    /// The user who shares the document with the caller; without it, the caller's own is meant.
    #[param(value_type = Option<UserId>, nullable = false)]
    owner: Option<String>,
}

/// Part of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// The `nextCursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
    /// At most so many versions.
    #[param(nullable = false, minimum = 1, maximum = 100)]
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
