//! `/openapi.json` and `/docs`: the description of the routes, for programs and for people.

mod files;

use std::sync::LazyLock;

use axum::{
    extract::{Path, rejection::PathRejection},
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    AppState,
    error::{ApiError, ErrorCode},
    openapi::tags,
};

/// The description changes with the program alone.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// The page and its files come from here, and so does all that the page asks for. Swagger UI sets
/// styles on elements, and holds its pictures itself.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(description))
        .routes(routes!(page))
        .routes(routes!(file))
}

/// Read this description
///
/// The same that `syncline openapi` prints.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getDescription",
    tag = tags::SERVER,
    responses(
        (
            status = 200,
            description = "An OpenAPI 3.1 document",
            body = Object,
            content_type = "application/json",
            headers(("Cache-Control" = String, description = "`public, max-age=3600`")),
        ),
    ),
)]
async fn description() -> Result<Response, ApiError> {
    static TEXT: LazyLock<Result<Bytes, serde_json::Error>> =
        LazyLock::new(|| crate::description().to_json().map(Bytes::from));
    match &*TEXT {
        Ok(text) => Ok(respond("application/json", text.clone())),
        Err(error) => Err(ApiError::internal(error)),
    }
}

/// Explore this description
///
/// A page that shows the description and sends requests.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "getExplorer",
    tag = tags::SERVER,
    responses(
        (
            status = 200,
            description = "The page",
            body = String,
            content_type = "text/html",
            headers(
                ("Cache-Control" = String, description = "`public, max-age=3600`"),
                ("Content-Security-Policy" = String, description = "Only files of this server"),
            ),
        ),
    ),
)]
async fn page() -> Response {
    let policy = [(CONTENT_SECURITY_POLICY, POLICY)];
    (policy, respond("text/html; charset=utf-8", files::PAGE)).into_response()
}

/// Read a file of the explorer
///
/// Its scripts, styles and pictures.
#[utoipa::path(
    get,
    path = "/docs/{file}",
    operation_id = "getExplorerFile",
    tag = tags::SERVER,
    params(("file" = inline(files::Name), Path, description = "Which file")),
    responses(
        (
            status = 200,
            description = "The file",
            headers(("Cache-Control" = String, description = "`public, max-age=3600`")),
            content(
                (String = "text/javascript"),
                (String = "text/css"),
                ("image/png"),
            ),
        ),
        (
            status = 404,
            description = "`not_found`: the explorer has no such file.",
            body = ApiError,
            example = json!({
                "error": "There is nothing at `/docs/none.js` on this server",
                "code": "not_found",
            }),
        ),
    ),
)]
async fn file(name: Result<Path<String>, PathRejection>) -> Result<Response, ApiError> {
    let Path(name) =
        name.map_err(|rejection| ApiError::new(ErrorCode::BadRequest, rejection.body_text()))?;
    let found = files::find(&name).ok_or_else(|| {
        let sentence = format!("There is nothing at `/docs/{name}` on this server");
        ApiError::new(ErrorCode::NotFound, sentence)
    })?;
    Ok(respond(found.media_type, found.bytes))
}

fn respond(media_type: &'static str, bytes: impl IntoResponse) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CACHE_CONTROL, CACHED),
    ];
    (headers, bytes).into_response()
}
