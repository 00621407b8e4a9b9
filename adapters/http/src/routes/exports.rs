//! `/account/export` and `/orgs/{orgId}/export`: everything, as a file that is written while it is
//! read.

mod sink;

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use syncline_application::{
    export::{Export, ExportFormat, ExportRequest},
    ports::ExportInterrupted,
};
use tokio::time::timeout;

use super::organisations::OrganisationPath;
use crate::{
    AppState,
    bounds::Bounds,
    caller::Caller,
    error::{ApiError, ErrorCode, chain},
};
use sink::BodySink;

/// How long an export may take, whoever takes it: its snapshot keeps the database from tidying up.
const LONGEST: Duration = Duration::from_mins(30);

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/account/export", get(account))
        .route("/orgs/{organisation}/export", get(organisation))
}

/// `?format=&application=&collection=`
#[derive(Deserialize)]
struct ExportQuery {
    format: Option<String>,
    application: Option<String>,
    collection: Option<String>,
}

type WireQuery = Result<Query<ExportQuery>, QueryRejection>;

/// `GET /account/export`: what the caller has.
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

/// `GET /orgs/{orgId}/export`: what the organisation has, for its admins.
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
