use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// What is answered in place of a handler that panicked.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer hands the payload over"
)]
pub(super) fn answer(payload: Box<dyn Any + Send>) -> Response {
    let message = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied());
    tracing::error!(cause = message, "a request panicked");
    ApiError::unexplained().into_response()
}
