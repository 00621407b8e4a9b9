//! `/account/export` and `/orgs/{orgId}/export`: everything, as a file that is written while it is
//! read.

mod schema;
mod sink;

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use syncline_application::{
    export::{Export, ExportFormat, ExportRequest},
    ports::ExportInterrupted,
};
use tokio::time::timeout;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::organisations::{OrganisationId, OrganisationPath};
use crate::{
    AppState,
    bounds::Bounds,
    caller::Caller,
    error::{ApiError, ErrorCode, chain},
    openapi::{
        schema::{ApplicationName, CollectionName},
        tags,
    },
};
use sink::BodySink;

/// How long an export may take, whoever takes it: its snapshot keeps the database from tidying up.
const LONGEST: Duration = Duration::from_mins(30);

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(account))
        .routes(routes!(organisation))
}

/// What is exported, and how.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// How the documents are written; without it, `json`.
    #[param(inline, value_type = Option<schema::Format>, nullable = false)]
    format: Option<String>,
    /// The documents of this application only.
    #[param(value_type = Option<ApplicationName>, nullable = false)]
    application: Option<String>,
    /// The documents of this collection of the application only.
    #[param(value_type = Option<CollectionName>, nullable = false)]
    collection: Option<String>,
}

type WireQuery = Result<Query<ExportQuery>, QueryRejection>;

/// Export the account
///
/// Everything that the caller has, as of one moment, written while it is read. `json` is one object
/// that `POST /account/import` takes back. `ndjson` is a document a line, with `_app` and
/// `_collection` beside its other members. `csv` is a table: with `application` and `collection` a
/// column for each path, otherwise a row for each document with its fields as JSON. Cells that a
/// spreadsheet would run as a formula have `'` in front.
///
/// An answer that ends without its end was cut off: ask again.
#[utoipa::path(
    get,
    path = "/account/export",
    operation_id = "exportAccount",
    tag = tags::ACCOUNT,
    security(("session" = [])),
    params(ExportQuery),
    responses(
        (
            status = 200,
            description = "The export, in the format asked for",
            headers(("Content-Disposition" = String, description = "Names the file")),
            content(
                (schema::AccountExport = "application/json", example = json!({
                    "user": {
                        "userId": "ada",
                        "name": null,
                        "email": null,
                        "providers": [],
                    },
                    "docs": { "todo": { "tasks": [{
                        "_key": "groceries",
                        "_rev": "0019ab3f5c2d0-000000-server~1",
                        "_fieldRevs": { "title": "0019ab3f5c2d0-000000-phone" },
                        "title": "Buy milk",
                    }] } },
                    "docIndex": [{
                        "docKey": "groceries",
                        "userId": "ada",
                        "app": "todo",
                        "collection": "tasks",
                        "visibility": "private",
                        "orgId": null,
                        "sharedWith": [],
                        "shareToken": null,
                        "createdAt": "2026-11-23T09:00:00.000Z",
                        "updatedAt": "2026-11-23T09:00:00.000Z",
                    }],
                })),
                (String = "application/x-ndjson"),
                (String = "text/csv"),
            ),
        ),
        (
            status = 409,
            description = "`conflict`: the documents have more fields than a table has columns.",
            body = ApiError,
            example = json!({
                "error": "the documents have 1700 different fields, and a table has at most 1600 \
                    columns; export them with `format=ndjson`",
                "code": "conflict",
            }),
        ),
    ),
)]
async fn account(
    State(state): State<AppState>,
    Caller(session): Caller,
    query: WireQuery,
    bounds: Bounds,
) -> Result<Response, ApiError> {
    let export = state
        .exports
        .account(&session.user_id, &request(query)?)
        .await?;
    Ok(respond(export, "account", bounds.page_time))
}

/// Export an organisation
///
/// Everything that the organisation has, for its admins; as `GET /account/export` for a user.
#[utoipa::path(
    get,
    path = "/orgs/{orgId}/export",
    operation_id = "exportOrganisation",
    tag = tags::ORGANISATIONS,
    security(("session" = [])),
    params(OrganisationId, ExportQuery),
    responses(
        (
            status = 200,
            description = "The export, in the format asked for",
            headers(("Content-Disposition" = String, description = "Names the file")),
            content(
                (schema::OrganisationExport = "application/json", example = json!({
                    "org": {
                        "orgId": "0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11",
                        "name": "Acme",
                        "createdAt": "2026-11-23T09:00:00.000Z",
                    },
                    "members": [{
                        "userId": "ada",
                        "role": "org-admin",
                        "createdAt": "2026-11-23T09:00:00.000Z",
                    }],
                    "docs": {},
                })),
                (String = "application/x-ndjson"),
                (String = "text/csv"),
            ),
        ),
        (
            status = 403,
            description = "`forbidden`: only an admin may.",
            body = ApiError,
            example = json!({
                "error": "only an `org-admin` of the organisation may do this; ask one of them",
                "code": "forbidden",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: there is no such organisation of the caller.",
            body = ApiError,
            example = json!({
                "error": "there is no organisation with this id that you belong to; `GET /orgs` lists yours",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: the documents have more fields than a table has columns.",
            body = ApiError,
            example = json!({
                "error": "the documents have 1700 different fields, and a table has at most 1600 \
                    columns; export them with `format=ndjson`",
                "code": "conflict",
            }),
        ),
    ),
)]
async fn organisation(
    State(state): State<AppState>,
    Caller(session): Caller,
    OrganisationPath(organisation): OrganisationPath,
    query: WireQuery,
    bounds: Bounds,
) -> Result<Response, ApiError> {
    let export = state
        .exports
        .organisation(&session.user_id, &organisation, &request(query)?)
        .await?;
    Ok(respond(export, "organisation", bounds.page_time))
}

fn request(query: WireQuery) -> Result<ExportRequest, ApiError> {
    let Query(query) =
        query.map_err(|error| ApiError::new(ErrorCode::BadRequest, error.body_text()))?;
    Ok(ExportRequest {
        format: query.format,
        application: query.application,
        collection: query.collection,
    })
}

/// Writes the export while the caller takes it, each piece within `piece_time`.
fn respond(export: Export, name: &str, piece_time: Duration) -> Response {
    let (media_type, ending) = match export.format() {
        ExportFormat::Json => ("application/json", "json"),
        ExportFormat::NdJson => ("application/x-ndjson", "ndjson"),
        ExportFormat::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
    };
    let (mut sink, pieces) = BodySink::new(piece_time);
    tokio::spawn(async move {
        let written = timeout(LONGEST, export.write(&mut sink)).await;
        match written {
            Ok(Ok(())) => sink.finish().await,
            Ok(Err(ExportInterrupted::Closed(_))) => {
                tracing::info!("nobody took an export to its end");
            }
            Ok(Err(error)) => {
                tracing::error!(cause = chain(&error), "an export was cut off");
            }
            Err(_) => tracing::warn!("an export took too long and was cut off"),
        }
    });
    let file = format!("attachment; filename=\"syncline-{name}.{ending}\"");
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, file),
    ];
    (headers, Body::from_stream(pieces)).into_response()
}
