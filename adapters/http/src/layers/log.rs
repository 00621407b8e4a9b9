use std::time::Duration;

use axum::{
    extract::{MatchedPath, Request},
    response::Response,
};
use syncline_domain::identifier::OrganisationId;
use tower_http::trace::OnResponse;
use tracing::{Span, field::Empty};

use super::request_id::X_REQUEST_ID;

/// What the log says of a request: no path, token or body, which may be somebody's secret.
pub(super) fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>();
    let request_id = request.headers().get(X_REQUEST_ID);
    // At the level of errors, so that it names the request also where less is logged.
    tracing::error_span!(
        "request",
        method = request.method().as_str(),
        route = route.map(MatchedPath::as_str),
        request_id = request_id.and_then(|id| id.to_str().ok()),
        user = Empty,
        namespace = Empty,
        status = Empty,
        latency_ms = Empty,
    )
}

/// Notes who calls, by a pseudonym.
pub(crate) fn note_user(pseudonym: &str) {
    Span::current().record("user", pseudonym);
}

/// Notes in whose namespace a request is done.
pub(crate) fn note_namespace(organisation: Option<&OrganisationId>) {
    let namespace = organisation.map_or("personal", OrganisationId::as_str);
    Span::current().record("namespace", namespace);
}

/// Notes how a request was answered.
#[derive(Clone, Copy)]
pub(super) struct Answered;

impl<B> OnResponse<B> for Answered {
    fn on_response(self, response: &Response<B>, latency: Duration, span: &Span) {
        span.record("status", response.status().as_u16());
        span.record("latency_ms", latency.as_secs_f64() * 1_000.0);
        tracing::info!("answered");
    }
}
