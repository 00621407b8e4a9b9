//! The one error body of the protocol.

mod identity;
mod refusal;
mod schema;

pub(crate) use schema::Detail;

use std::{borrow::Cow, error::Error};

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use syncline_application::sync;
use utoipa::ToSchema;

/// Callers have long names for things; so many characters of a sentence are enough.
const MAX_SENTENCE_CHARS: usize = 500;

/// How many seconds a caller waits before it asks an unavailable server again.
const UNAVAILABLE_SECONDS: u32 = 1;

/// How many seconds a caller waits who does too much at once, unless it is known when that is over.
const RATE_LIMITED_SECONDS: u32 = 10;

/// An error, whatever its cause.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error, example = json!({
    "error": "title: it is missing",
    "code": "bad_request",
}))]
pub(crate) struct ApiError {
    /// One sentence: the place, the rule, and what to do next.
    pub(crate) error: Cow<'static, str>,
    pub(crate) code: ErrorCode,
    /// Each place that breaks a rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Detail>)]
    pub(crate) details: Vec<sync::Detail>,
    /// Which limit a session met.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::SessionLimit>, nullable = false)]
    pub(crate) reason: Option<&'static str>,
    /// The server's time in milliseconds, where a clock is too far ahead of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) server_time: Option<u64>,
    /// After so many seconds the same request may do: the header `Retry-After`.
    #[serde(skip)]
    pub(crate) retry_after_seconds: Option<u32>,
}

/// The kind of an error, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(into = "&'static str")]
#[schema(rename_all = "snake_case")]
pub(crate) enum ErrorCode {
    BadRequest,
    SchemaValidationFailed,
    ClockSkew,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    PayloadTooLarge,
    UnsupportedMediaType,
    RateLimited,
    InternalError,
    Unavailable,
}

impl ErrorCode {
    /// As it is written in an error body.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::SchemaValidationFailed => "schema_validation_failed",
            Self::ClockSkew => "clock_skew",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::RateLimited => "rate_limited",
            Self::InternalError => "internal_error",
            Self::Unavailable => "unavailable",
        }
    }

    fn retry_after_seconds(self) -> Option<u32> {
        match self {
            Self::RateLimited => Some(RATE_LIMITED_SECONDS),
            Self::Unavailable => Some(UNAVAILABLE_SECONDS),
            _ => None,
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::BadRequest | Self::SchemaValidationFailed | Self::ClockSkew => {
                StatusCode::BAD_REQUEST
            }
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl ApiError {
    pub(crate) fn new(code: ErrorCode, sentence: impl Into<Cow<'static, str>>) -> Self {
        Self {
            error: shorten(sentence.into()),
            code,
            details: Vec::new(),
            reason: None,
            server_time: None,
            retry_after_seconds: code.retry_after_seconds(),
        }
    }

    /// The caller did nothing wrong. The cause goes to the log, and nowhere else.
    pub(crate) fn internal(cause: &(dyn Error + 'static)) -> Self {
        tracing::error!(cause = chain(cause), "a request failed");
        Self::unexplained()
    }

    /// What is answered when only the log may know more.
    pub(crate) fn unexplained() -> Self {
        let sentence = "Something went wrong in the server; \
            its log has the cause under the id in `X-Request-Id`";
        Self::new(ErrorCode::InternalError, sentence)
    }

    /// The same request will do later. The cause goes to the log.
    pub(crate) fn unavailable(cause: &(dyn Error + 'static)) -> Self {
        tracing::warn!(cause = chain(cause), "a request has to be repeated");
        let sentence = "The database is not available at the moment; try again";
        Self::new(ErrorCode::Unavailable, sentence)
    }

    /// The same, where the database is there: somebody else holds what the request needs, or has changed
    /// what it was decided on.
    pub(crate) fn in_the_way(cause: &(dyn Error + 'static)) -> Self {
        tracing::warn!(cause = chain(cause), "a request has to be repeated");
        let sentence = "Something else was in the way at this moment; try again";
        Self::new(ErrorCode::Unavailable, sentence)
    }
}

impl From<ErrorCode> for &'static str {
    fn from(code: ErrorCode) -> Self {
        code.as_str()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (code, retry_after) = (self.code, self.retry_after_seconds);
        let mut response = (code.status(), Json(self)).into_response();
        let headers = response.headers_mut();
        if code == ErrorCode::Unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// An error and its causes, in one line for the log.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let sentences: Vec<_> = causes.map(ToString::to_string).collect();
    sentences.join(": ")
}

fn shorten(sentence: Cow<'static, str>) -> Cow<'static, str> {
    match sentence.char_indices().nth(MAX_SENTENCE_CHARS) {
        Some((end, _)) => format!("{}…", sentence.get(..end).unwrap_or_default()).into(),
        None => sentence,
    }
}

#[cfg(test)]
mod tests;
