//! The routes, in files that follow their paths.

mod account;
mod auth;
mod doc_index;
mod docs;
mod documents;
mod events;
mod exports;
mod health;
mod import;
mod metrics;
mod organisations;
pub(crate) mod playground;
mod search;
mod share;
mod sync;

use axum::{
    Router,
    http::{Method, Uri},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    AppState,
    error::{ApiError, ErrorCode},
    openapi,
};

/// First segments of paths that are no applications: the protocol needs them for itself.
pub const RESERVED_SEGMENTS: &[&str] = &[
    "health",
    "ready",
    "metrics",
    "openapi.json",
    "docs",
    "auth",
    "account",
    "orgs",
    "share",
    "docIndex",
    "playground",
];

pub(crate) fn all() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::base())
        .merge(health::routes())
        .routes(routes!(metrics::metrics))
        .merge(docs::routes())
        .merge(auth::routes())
        .merge(organisations::routes())
        .merge(events::routes())
        .merge(documents::routes())
        .merge(exports::routes())
        .merge(doc_index::routes())
        .routes(routes!(account::delete))
        .routes(routes!(import::import))
        .routes(routes!(share::open))
        .routes(routes!(search::search))
        .routes(routes!(sync::sync))
}

/// Answers what no route of `router` takes.
pub(crate) fn refuse_the_rest<S>(router: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_this_way)
}

async fn nothing_here(uri: Uri) -> ApiError {
    let sentence = format!("There is nothing at `{}` on this server", uri.path());
    ApiError::new(ErrorCode::NotFound, sentence)
}

async fn not_this_way(method: Method) -> ApiError {
    let sentence = format!("`{method}` is not possible here; the header `Allow` names what is");
    ApiError::new(ErrorCode::MethodNotAllowed, sentence)
}
