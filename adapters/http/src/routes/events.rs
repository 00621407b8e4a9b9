//! `GET /{application}/events`: live pokes as server-sent events.

mod listener;
mod wire;

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{StreamExt, stream};
use syncline_application::live::{LiveStream, TICKET_MILLIS};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    AppState,
    body::JsonBody,
    caller::Caller,
    error::ApiError,
    openapi::{schema::ApplicationName, tags},
};
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

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(events))
        .routes(routes!(ticket))
}

/// Hear what changes
///
/// Server-sent events, until the session ends. The event `change` says in its data which collection
/// may have changed: `{ "collection": "tasks" }` among the documents that the caller's own syncs
/// bring, `{ "collection": "tasks", "orgId": "…" }` in the namespace of an organisation that the
/// caller belongs to, and `{}` if it may be any. It is a hint to sync, never the data. Between two
/// streams any number of changes may have been missed: sync everything when one begins. A comment
/// comes every 15 seconds.
#[utoipa::path(
    get,
    path = "/{application}/events",
    operation_id = "listenToChanges",
    tag = tags::SYNC,
    security(("session" = []), ("ticket" = [])),
    params(("application" = ApplicationName, Path)),
    responses(
        (
            status = 200,
            description = "A stream of events",
            body = String,
            content_type = "text/event-stream",
            example = "retry: 2000\n\nevent: change\ndata: {\"collection\":\"tasks\"}\n\n",
        ),
        (
            status = 404,
            description = "`not_found`: the server has no such application.",
            body = ApiError,
            example = json!({
                "error": "there is no application `diary` on this server",
                "code": "not_found",
            }),
        ),
    ),
)]
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

/// Get a ticket for a stream
///
/// For pages that cannot send headers, as with `EventSource`: the ticket stands in the address of
/// the stream, `?ticket=`. It opens streams of one application for a minute, as the caller, and is
/// good for nothing else.
#[utoipa::path(
    post,
    path = "/auth/ticket",
    operation_id = "createTicket",
    tag = tags::SYNC,
    security(("session" = [])),
    request_body(content = TicketBody, example = json!({ "app": "todo" })),
    responses(
        (
            status = 200,
            description = "The ticket",
            body = TicketAnswer,
            example = json!({
                "ticket": "eyJ1c2VyIjoiYWRhIn0Q8k2vK0mY1nJ3cXhZ9rTtQ",
                "expiresIn": 60,
            }),
        ),
        (
            status = 404,
            description = "`not_found`: the server has no such application.",
            body = ApiError,
            example = json!({
                "error": "there is no application `diary` on this server",
                "code": "not_found",
            }),
        ),
    ),
)]
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
