//! Why there is no answer to a request, and what the server says of it.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde::Deserialize;
use syncline_domain::hlc::UnixMillis;

use crate::wire::{Detail, known_details};

/// Why there is no answer to a request.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// An argument of the transport has no place in a request.
    #[error("{0}")]
    Setup(String),
    /// The session is not, or no longer, accepted: sign in again.
    #[error("the server does not accept the session: {error}")]
    Unauthorized {
        /// The server's sentence.
        error: String,
        /// `idle` or `hard` where the session has expired.
        reason: Option<String>,
    },
    /// The server will not do it, and not store any of it.
    #[error("the server refused the request: {error} ({code})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The kind of error.
        code: String,
        /// The server's sentence.
        error: String,
        /// Each place that breaks a rule.
        details: Vec<Detail>,
        /// The server's time, where a clock is too far ahead of it.
        server_time: Option<UnixMillis>,
    },
    /// The server cannot do it at present, or did not answer in time.
    #[error("the server cannot answer at present: {error}; try again later")]
    Unavailable {
        /// The server's sentence.
        error: String,
        /// When to try again, if it says so.
        retry_after: Option<Duration>,
    },
    /// The server was not reached, or the connection broke.
    #[error("the server could not be reached: {}", causes(.0))]
    Network(reqwest::Error),
    /// The answer is not one of a sync.
    #[error("the server's answer is not one of a sync: {0}; check the URL")]
    Answer(serde_json::Error),
}

/// The error body of every Syncline server.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    #[serde(default)]
    error: String,
    #[serde(default)]
    code: String,
    #[serde(default, deserialize_with = "known_details")]
    details: Vec<Detail>,
    reason: Option<String>,
    server_time: Option<UnixMillis>,
}

impl TransportError {
    /// Whether the server took nothing in. Otherwise that is not known.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Setup(_) | Self::Unauthorized { .. } | Self::Refused { .. }
        )
    }

    /// The server's time, if it refused a clock that is ahead of it.
    #[must_use]
    pub fn server_time(&self) -> Option<UnixMillis> {
        match self {
            Self::Refused { server_time, .. } => *server_time,
            _ => None,
        }
    }

    pub(crate) fn network(error: reqwest::Error) -> Self {
        Self::Network(error.without_url())
    }

    /// Whatever it sent, if it did, did not come.
    pub(crate) fn silent() -> Self {
        Self::Unavailable {
            error: "it was silent for too long".to_owned(),
            retry_after: None,
        }
    }

    pub(crate) fn from_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let body = read(status, body);
        let ErrorBody {
            error,
            code,
            details,
            reason,
            server_time,
        } = body;
        if status == StatusCode::UNAUTHORIZED {
            return Self::Unauthorized { error, reason };
        }
        let is_passing =
            [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status);
        if is_passing || status.is_server_error() {
            return Self::Unavailable {
                error,
                retry_after: retry_after(headers),
            };
        }
        Self::Refused {
            status: status.as_u16(),
            code,
            error,
            details,
            server_time,
        }
    }
}

/// The body; where something between says no, which has other bodies, its status.
fn read(status: StatusCode, body: &[u8]) -> ErrorBody {
    let mut body: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    if body.error.is_empty() {
        body.error = status.to_string();
    }
    if body.code.is_empty() {
        body.code = format!("http_{}", status.as_u16());
    }
    body
}

/// Seconds; a date, which the header may also hold, is not worth a calendar.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The error and what caused it: reqwest's own sentence says only that something failed.
fn causes(error: &reqwest::Error) -> String {
    let mut causes = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    causes.join(": ")
}
