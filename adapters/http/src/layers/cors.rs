use std::time::Duration;

use axum::http::{
    Method,
    header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER},
};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{renewal::X_AUTH_TOKEN, request_id::X_REQUEST_ID};
use crate::organisation::X_ORG_ID;

/// How long a browser need not ask again.
const MAX_AGE: Duration = Duration::from_hours(1);

/// Lets pages of `origins` call, or of any origin when there is none. Tokens are sent by scripts,
/// never by the browser itself: no credentials are allowed.
pub(super) fn layer(origins: &[String]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(allowed(origins))
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_ENCODING,
            CONTENT_TYPE,
            X_ORG_ID,
            X_REQUEST_ID,
        ])
        .expose_headers([CONTENT_DISPOSITION, RETRY_AFTER, X_AUTH_TOKEN, X_REQUEST_ID])
        .max_age(MAX_AGE)
}

fn allowed(origins: &[String]) -> AllowOrigin {
    if origins.is_empty() || origins.iter().any(|origin| origin == "*") {
        return AllowOrigin::any();
    }
    // A text that cannot stand in a header is no browser's origin.
    AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok()))
}
