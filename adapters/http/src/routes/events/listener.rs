use axum::{
    extract::{FromRequestParts, Path, Query, rejection::PathRejection},
    http::{header::AUTHORIZATION, request::Parts},
};
use serde::Deserialize;
use syncline_application::ports::Session;

use crate::{
    AppState,
    caller::{Caller, count},
    error::{ApiError, ErrorCode},
};

/// Whoever listens to an application: known by the bearer token or, where a page cannot send one, by
/// a ticket.
pub(super) struct Listener {
    pub(super) session: Session,
    pub(super) application: String,
}

/// `?ticket=`
#[derive(Deserialize)]
struct TicketQuery {
    ticket: Option<String>,
}

impl FromRequestParts<AppState> for Listener {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Path(application) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error: PathRejection| {
                ApiError::new(ErrorCode::BadRequest, error.body_text())
            })?;
        let session = match ticket(parts)? {
            Some(ticket) if !parts.headers.contains_key(AUTHORIZATION) => {
                let session = state.live.open_ticket(&ticket, &application)?;
                count(parts, state, &session).await?;
                session
            }
            _ => Caller::from_request_parts(parts, state).await?.0,
        };
        Ok(Self {
            session,
            application,
        })
    }
}

fn ticket(parts: &Parts) -> Result<Option<String>, ApiError> {
    let Query(query) = Query::<TicketQuery>::try_from_uri(&parts.uri)
        .map_err(|error| ApiError::new(ErrorCode::BadRequest, error.body_text()))?;
    Ok(query.ticket)
}
