use axum::response::sse::Event;
use serde::{Deserialize, Serialize};
use serde_json::json;
use syncline_application::live::Hint;
use utoipa::ToSchema;

use crate::openapi::schema::ApplicationName;

/// For which application a ticket is wanted.
#[derive(Deserialize, ToSchema)]
pub(super) struct TicketBody {
    /// The application's name.
    #[schema(value_type = ApplicationName)]
    pub(super) app: String,
}

/// A ticket.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TicketAnswer {
    /// What stands behind `?ticket=`.
    pub(super) ticket: String,
    /// For so many seconds it opens streams.
    pub(super) expires_in: u64,
}

/// The event `change`, whose data names the collection, or nothing if it may be any.
pub(super) fn event(hint: &Hint) -> Event {
    let data = match hint {
        Hint::Anything => json!({}),
        Hint::Collection {
            collection,
            organisation: None,
        } => json!({ "collection": collection }),
        Hint::Collection {
            collection,
            organisation: Some(organisation),
        } => json!({ "collection": collection, "orgId": organisation }),
    };
    Event::default().event("change").data(data.to_string())
}
