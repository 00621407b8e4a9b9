use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::error::{ApiError, ErrorCode};

/// Gives up on a request whose answer has not begun after `time`.
pub(super) async fn limit(State(time): State<Duration>, request: Request, next: Next) -> Response {
    let Ok(response) = tokio::time::timeout(time, next.run(request)).await else {
        tracing::warn!("a request took too long");
        let sentence = format!(
            "The request took more than {} seconds; try again, or send less at once",
            time.as_secs_f64()
        );
        return ApiError::new(ErrorCode::Unavailable, sentence).into_response();
    };
    response
}
