//! The routes, in files that follow their paths.

mod account;
mod auth;
mod doc_index;
mod documents;
mod exports;
mod health;
mod import;
mod organisations;
mod search;
mod share;
mod sync;

use axum::{
    Router,
    http::{Method, Uri},
    routing::{delete, get, post},
};

use crate::{
    AppState,
    error::{ApiError, ErrorCode},
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
];

pub(crate) fn all() -> Router<AppState> {
    let router = Router::new()
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .merge(auth::routes())
        .merge(organisations::routes())
        .route("/{application}/search", post(search::search))
        .merge(documents::routes())
        .merge(exports::routes())
        .route("/account", delete(account::delete))
        .route("/account/import", post(import::import))
        .merge(doc_index::routes())
        .route("/share/{token}", get(share::open))
        .route("/{application}/sync", post(sync::sync));
    refuse_the_rest(router)
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
