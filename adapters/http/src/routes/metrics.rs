use axum::{extract::State, http::header::CONTENT_TYPE, response::IntoResponse};

use crate::{AppState, openapi::tags};

/// Ask what the server has counted
///
/// In Prometheus' text format, since this process started. No user, document or organisation is
/// named.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = tags::SERVER,
    responses(
        (
            status = 200, description = "Every metric", body = String,
            content_type = "text/plain; version=0.0.4; charset=utf-8",
            example = "# HELP syncline_pulled_documents_total Documents that pulls read.\n\
                       # TYPE syncline_pulled_documents_total counter\n\
                       syncline_pulled_documents_total{application=\"todo\"} 7\n",
        ),
    ),
)]
pub(super) async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    let text_format = "text/plain; version=0.0.4; charset=utf-8";
    ([(CONTENT_TYPE, text_format)], state.metrics.text())
}
