use std::time::Duration;

use axum::{
    extract::{Extension, FromRequestParts, Request, State, rejection::ExtensionRejection},
    http::request::Parts,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::{
    pin,
    sync::watch,
    time::{Instant, timeout_at},
};

use crate::error::{ApiError, ErrorCode};

/// Lets a request that has much to do say that it gets on: its time begins anew.
#[derive(Clone, Debug)]
pub(crate) struct Progress(watch::Sender<Instant>);

impl Progress {
    /// Something was done.
    pub(crate) fn made(&self) {
        self.0.send_replace(Instant::now());
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Progress {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Extension(progress) = Extension::from_request_parts(parts, state)
            .await
            .map_err(|missing: ExtensionRejection| ApiError::internal(&missing))?;
        Ok(progress)
    }
}

/// Gives up on a request whose answer has not begun after `time`, or that long after it got on.
pub(super) async fn limit(
    State(time): State<Duration>,
    mut request: Request,
    next: Next,
) -> Response {
    let (progress, made) = watch::channel(Instant::now());
    request.extensions_mut().insert(Progress(progress));
    let answer = next.run(request);
    pin!(answer);
    loop {
        let end = *made.borrow() + time;
        if let Ok(response) = timeout_at(end, &mut answer).await {
            return response;
        }
        if *made.borrow() + time == end {
            return refuse(time);
        }
    }
}

fn refuse(time: Duration) -> Response {
    tracing::warn!("a request took too long");
    let sentence = format!(
        "The request took more than {} seconds; try again, or send less at once",
        time.as_secs_f64()
    );
    ApiError::new(ErrorCode::Unavailable, sentence).into_response()
}
