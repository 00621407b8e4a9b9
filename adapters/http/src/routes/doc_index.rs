//! `/docIndex/{application}/{key}`: who may see a document.

mod path;
mod wire;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{AppState, body::JsonBody, error::ApiError, openapi::tags, organisation::Organisation};
use path::{Collection, EntryPath, Names};
use wire::{EntryChange, MintedToken};

pub(super) use wire::EntryAnswer;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show, change))
        .routes(routes!(mint, revoke))
}

/// Read an access entry
///
/// Says who may see a document of the caller. To all others it is as if there were no such document. An
/// admin of an organisation counts as the owner of all its documents.
#[utoipa::path(
    get,
    path = "/docIndex/{application}/{key}",
    operation_id = "getAccessEntry",
    tag = tags::SHARING,
    security(("session" = [])),
    params(Names, Collection, Organisation),
    responses(
        (
            status = 200,
            description = "The entry",
            body = EntryAnswer,
            example = json!({
                "docKey": "groceries",
                "userId": "ada",
                "app": "todo",
                "collection": "tasks",
                "visibility": "private",
                "sharedWith": [],
                "shareToken": null,
                "createdAt": "2026-11-23T09:00:00.000Z",
                "updatedAt": "2026-11-23T09:00:00.000Z",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: the caller owns no such document.",
            body = ApiError,
            example = json!({
                "error": "you own no document with this key in this application",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: the key stands in several collections; `?collection=` says \
                which is meant.",
            body = ApiError,
            example = json!({
                "error": "collection: the key stands in several; say which with `?collection=`",
                "code": "conflict",
            }),
        ),
    ),
)]
async fn show(
    State(state): State<AppState>,
    EntryPath(query): EntryPath,
) -> Result<Json<EntryAnswer>, ApiError> {
    let entry = state.access.get(&query).await?;
    Ok(Json(EntryAnswer::of(&query, entry)))
}

/// Share a document
///
/// Changes who may see a document, and only what the request names: `sharedWith` adds users or
/// changes what they may do, `unshare` takes back, `visibility` decides. Sharing a private document
/// makes it a shared one.
#[utoipa::path(
    patch,
    path = "/docIndex/{application}/{key}",
    operation_id = "changeAccessEntry",
    tag = tags::SHARING,
    security(("session" = [])),
    params(Names, Collection, Organisation),
    request_body(
        content = EntryChange,
        examples(
            ("share" = (
                summary = "Let another user write",
                value = json!({ "sharedWith": [{ "userId": "bob", "access": "write" }] }),
            )),
            ("unshare" = (
                summary = "Take it back",
                value = json!({ "unshare": [{ "userId": "bob" }] }),
            )),
            ("publish" = (
                summary = "Let everybody read",
                value = json!({ "visibility": "public" }),
            )),
        ),
    ),
    responses(
        (
            status = 200,
            description = "The entry as it is then",
            body = EntryAnswer,
            examples(
                ("share" = (value = json!({
                    "docKey": "groceries",
                    "userId": "ada",
                    "app": "todo",
                    "collection": "tasks",
                    "visibility": "shared",
                    "sharedWith": [{ "userId": "bob", "app": "todo", "access": "write" }],
                    "shareToken": null,
                    "createdAt": "2026-11-23T09:00:00.000Z",
                    "updatedAt": "2026-11-23T09:05:00.000Z",
                }))),
            ),
        ),
        (
            status = 400,
            description = "`bad_request`: the change breaks a rule, which the sentence names.",
            body = ApiError,
            example = json!({
                "error": "app: a document is shared in its own application, which is `todo`",
                "code": "bad_request",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: the caller owns no such document.",
            body = ApiError,
            example = json!({
                "error": "you own no document with this key in this application",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: the key stands in several collections; `?collection=` says \
                which is meant.",
            body = ApiError,
            example = json!({
                "error": "collection: the key stands in several; say which with `?collection=`",
                "code": "conflict",
            }),
        ),
    ),
)]
async fn change(
    State(state): State<AppState>,
    EntryPath(query): EntryPath,
    JsonBody(body): JsonBody<EntryChange>,
) -> Result<Json<EntryAnswer>, ApiError> {
    let change = body.for_application(&query.application)?;
    let entry = state.access.change(&query, &change).await?;
    Ok(Json(EntryAnswer::of(&query, entry)))
}

/// Make a link
///
/// Makes a link to a document, whose token is told this once: `GET /share/{token}` opens it without
/// signing in. An earlier link leads nowhere from then on.
#[utoipa::path(
    post,
    path = "/docIndex/{application}/{key}/shareToken",
    operation_id = "createShareToken",
    tag = tags::SHARING,
    security(("session" = [])),
    params(Names, Collection, Organisation),
    responses(
        (
            status = 201,
            description = "The link's token, and the entry as it is then",
            body = MintedToken,
            example = json!({
                "shareToken": "6yvl4cXVc1fQ0x7tqmJIkrVJ8LhK5t4Zy7mWc0a9TnE",
                "entry": {
                    "docKey": "groceries",
                    "userId": "ada",
                    "app": "todo",
                    "collection": "tasks",
                    "visibility": "private",
                    "sharedWith": [],
                    "shareToken": "set",
                    "createdAt": "2026-11-23T09:00:00.000Z",
                    "updatedAt": "2026-11-23T09:05:00.000Z",
                },
            }),
        ),
        (
            status = 404,
            description = "`not_found`: the caller owns no such document.",
            body = ApiError,
            example = json!({
                "error": "you own no document with this key in this application",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: the key stands in several collections; `?collection=` says \
                which is meant.",
            body = ApiError,
            example = json!({
                "error": "collection: the key stands in several; say which with `?collection=`",
                "code": "conflict",
            }),
        ),
    ),
)]
async fn mint(
    State(state): State<AppState>,
    EntryPath(query): EntryPath,
) -> Result<Response, ApiError> {
    let (token, entry) = state.access.mint_share_token(&query).await?;
    let answer = MintedToken {
        share_token: token,
        entry: EntryAnswer::of(&query, entry),
    };
    let headers = [(CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, Json(answer)).into_response())
}

/// Revoke a link
///
/// The link leads nowhere from then on. Revoking where there is none is no error.
#[utoipa::path(
    delete,
    path = "/docIndex/{application}/{key}/shareToken",
    operation_id = "revokeShareToken",
    tag = tags::SHARING,
    security(("session" = [])),
    params(Names, Collection, Organisation),
    responses(
        (status = 204, description = "There is no link"),
        (
            status = 404,
            description = "`not_found`: the caller owns no such document.",
            body = ApiError,
            example = json!({
                "error": "you own no document with this key in this application",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: the key stands in several collections; `?collection=` says \
                which is meant.",
            body = ApiError,
            example = json!({
                "error": "collection: the key stands in several; say which with `?collection=`",
                "code": "conflict",
            }),
        ),
    ),
)]
async fn revoke(
    State(state): State<AppState>,
    EntryPath(query): EntryPath,
) -> Result<StatusCode, ApiError> {
    state.access.revoke_share_token(&query).await?;
    Ok(StatusCode::NO_CONTENT)
}
