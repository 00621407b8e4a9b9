//! `GET /{application}/events`: live pokes as server-sent events.

mod listener;
mod wire;

use std::{convert::Infallible, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderName, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures::{StreamExt, stream};
use syncline_application::live::{LiveStream, TICKET_MILLIS};

use crate::{AppState, body::JsonBody, caller::Caller, error::ApiError};
use listener::Listener;
use wire::{TicketAnswer, TicketBody};

/// After so long a client asks for another stream when one has ended.
const RETRY: Duration = Duration::from_secs(2);

/// A comment so often keeps proxies and clients from taking a silent stream for a dead one.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Has a proxy of the kind that gathers answers pass this one on as it comes.
const UNBUFFERED: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-accel-buffering"),
    HeaderValue::from_static("no"),
);

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/{application}/events", get(events))
        .route("/auth/ticket", post(ticket))
}

/// `GET /{application}/events`: tells until the session ends which collections may have changed.
async fn events(
    State(state): State<AppState>,
    Listener {
        session,
        application,
    }: Listener,
) -> Result<Response, ApiError> {
    let live = state.live.open(&session, &application).await?;
    let millis = live.ends_at().0.saturating_sub(state.clock.now().0);
    let end = tokio::time::sleep(Duration::from_millis(millis));
    let first = stream::once(async { Ok(Event::default().retry(RETRY)) });
    let events = first.chain(hints(live).take_until(end));
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).text("awake");
    let answer = Sse::new(events).keep_alive(keep_alive);
    Ok(([UNBUFFERED], answer).into_response())
}

fn hints(live: LiveStream) -> impl futures::Stream<Item = Result<Event, Infallible>> {
    stream::unfold(live, async |mut live| {
        let hint = live.next().await?;
        Some((Ok(wire::event(&hint)), live))
    })
}

/// `POST /auth/ticket`: what opens a stream of one application where no headers can be sent.
async fn ticket(
    State(state): State<AppState>,
    Caller(session): Caller,
    JsonBody(body): JsonBody<TicketBody>,
) -> Result<Json<TicketAnswer>, ApiError> {
    Ok(Json(TicketAnswer {
        ticket: state.live.issue_ticket(&session, &body.app)?,
        expires_in: TICKET_MILLIS / 1000,
    }))
}
