use std::time::Duration;

use axum::{
    extract::{Extension, FromRequestParts, rejection::ExtensionRejection},
    http::request::Parts,
};

use crate::{HttpOptions, error::ApiError};

/// What a request may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The most bytes of its body.
    pub(crate) body_bytes: usize,
    /// How long a page of its answer may take.
    pub(crate) page_time: Duration,
}

impl From<&HttpOptions> for Bounds {
    fn from(options: &HttpOptions) -> Self {
        Self {
            body_bytes: options.body_bytes,
            page_time: options.request_time,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Bounds {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Extension(bounds) = Extension::from_request_parts(parts, state)
            .await
            .map_err(|missing: ExtensionRejection| ApiError::internal(&missing))?;
        Ok(bounds)
    }
}
