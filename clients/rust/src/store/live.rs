//! Listens to live pokes, over a stream that is opened again whenever it ends.

use std::{pin::pin, time::Duration};

use eventsource_stream::Eventsource;
use futures::{StreamExt, stream::try_unfold};
use serde::Deserialize;
use syncline_domain::identifier::{CollectionName, OrganisationId};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::{
    clock::back_off, error::StoreError, inner::Inner, scope::Scope, sync_loop::delay_after,
};
use crate::{TransportError, transport::next_chunk};

/// The data of the event `change`: a hint to sync, never the data.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Poke {
    /// None if any may have changed.
    collection: Option<CollectionName>,
    org_id: Option<OrganisationId>,
}

/// How long a server that turns out to have no pokes is left alone. Where it has, something that stands
/// between has answered for it.
const ABSENCE: Duration = Duration::from_hours(1);

/// A stream that ends earlier might as well not have been opened.
const BRIEF: Duration = Duration::from_secs(5);

/// So many such streams in a row make the pause longer, which is up to eight seconds then: it tells of
/// changes still.
const MOST_BRIEF: u32 = 3;

pub(super) async fn run(inner: &Inner) {
    let mut sign_ins = inner.remote.session.sign_ins();
    let (mut failures, mut was_open) = (0, false);
    loop {
        sign_ins.mark_unchanged();
        let listened = listen(inner, &mut sign_ins).await;
        inner.set_live(false);
        if was_open && listened.is_err() {
            // The next regular pull was planned for a time with pokes, and may be far away.
            inner.demand.kick_all();
        }
        was_open = listened.is_ok();
        let delay = match listened {
            Err(error) if error.is_refusal() => ABSENCE,
            Err(error) => {
                failures += 1;
                delay_after(&error, failures)
            }
            Ok(lasted) => {
                failures = failures_after(failures, lasted);
                back_off(failures)
            }
        };
        if timeout(delay, sign_ins.changed()).await.is_ok() {
            failures = 0;
        }
    }
}

/// A stream that has lasted for a while was no failure. One that something between ends at once would else
/// be opened, and everything synchronised, every second.
fn failures_after(failures: u32, lasted: Duration) -> u32 {
    if lasted < BRIEF {
        (failures + 1).min(MOST_BRIEF)
    } else {
        0
    }
}

/// The connection is taken for dead when it is silent for a minute; the server says something every
/// 15 seconds. Gives how long the stream lasted.
async fn listen(inner: &Inner, sign_ins: &mut watch::Receiver<()>) -> Result<Duration, StoreError> {
    let stream = inner.remote.events().await?;
    // It is open: whoever signed in before asks for no other.
    sign_ins.mark_unchanged();
    let began = Instant::now();
    inner.set_live(true);
    // Between two streams any number of pokes may have been missed.
    inner.demand.kick_all();
    let pieces = try_unfold(stream, |mut stream| async {
        let piece = next_chunk(&mut stream).await?;
        Ok::<_, TransportError>(piece.map(|piece| (piece, stream)))
    });
    let mut events = pin!(pieces.eventsource());
    while let Some(Ok(event)) = events.next().await {
        if event.event == "change" {
            poke(inner, &event.data);
        }
    }
    Ok(began.elapsed())
}

fn poke(inner: &Inner, data: &str) {
    match serde_json::from_str(data) {
        Ok(Poke {
            collection: Some(collection),
            org_id: organisation,
        }) => inner.poke(Scope {
            collection,
            organisation,
        }),
        _ => inner.demand.kick_all(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::failures_after;

    #[test]
    fn a_stream_that_ends_at_once_is_a_failure() {
        assert_eq!(failures_after(0, Duration::ZERO), 1);
        assert_eq!(failures_after(3, Duration::ZERO), 3);
        assert_eq!(failures_after(3, Duration::from_mins(1)), 0);
    }
}
