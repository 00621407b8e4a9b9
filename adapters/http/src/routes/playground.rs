//! `/`: the playground, a page whose files are part of the program. `clients/playground` makes them.

use axum::{
    Router,
    extract::Path,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
            REFERRER_POLICY,
        },
    },
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{Embed, EmbeddedFile};

use super::nothing_here;

const PAGE: &str = "index.html";
/// Files whose names change with their content.
const HASHED: &str = "assets/";

/// The page uses its own files and this server, and nothing else; no other page shows it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Lets the worker below `/playground/` keep the page at `/`.
const SERVICE_WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");

#[derive(Embed)]
#[folder = "assets/playground"]
struct Files;

pub(crate) fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    Router::new()
        .route("/", get(page))
        .route("/playground/{*path}", get(file))
}

/// `GET /`: the page.
async fn page(uri: Uri, headers: HeaderMap) -> Response {
    answer(PAGE, uri, &headers).await
}

/// `GET /playground/{path}`: what the page is made of.
async fn file(Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    answer(&path, uri, &headers).await
}

async fn answer(path: &str, uri: Uri, request: &HeaderMap) -> Response {
    let (Some(file), Some(content_type)) = (Files::get(path), content_type(path)) else {
        return nothing_here(uri).await.into_response();
    };
    let tag = tag(&file);
    let is_known = tag.is_some() && request.get(IF_NONE_MATCH) == tag.as_ref();
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.into_owned().into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching(path)));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(SERVICE_WORKER_ALLOWED, HeaderValue::from_static("/"));
    if let Some(tag) = tag {
        headers.insert(ETAG, tag);
    }
    response
}

/// What a browser takes the file for; none for files that are no part of the page.
fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    match extension {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

fn caching(path: &str) -> &'static str {
    if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

/// A weak tag: the answer may be compressed on its way.
fn tag(file: &EmbeddedFile) -> Option<HeaderValue> {
    use std::fmt::Write;

    let mut tag = String::from("W/\"");
    for byte in file.metadata.sha256_hash().iter().take(16) {
        write!(tag, "{byte:02x}").ok()?;
    }
    tag.push('"');
    tag.parse().ok()
}

#[cfg(test)]
mod tests;
