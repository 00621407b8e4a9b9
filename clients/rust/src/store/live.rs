//! Listens to live pokes, over a stream that is opened again whenever it ends.

use std::{pin::pin, sync::Arc, time::Duration};

use eventsource_stream::Eventsource;
use futures::{StreamExt, stream::try_unfold};
use serde::Deserialize;
use syncline_domain::identifier::{CollectionName, OrganisationId};
use tokio::time::timeout;

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

pub(super) async fn run(inner: Arc<Inner>) {
    let mut sign_ins = inner.sign_ins.subscribe();
    let mut failures = 0;
    loop {
        sign_ins.mark_unchanged();
        let delay = match listen(&inner).await {
            Err(error) if error.is_refusal() => ABSENCE,
            Err(error) => {
                failures += 1;
                delay_after(&error, failures)
            }
            Ok(()) => {
                failures = 0;
                back_off(failures)
            }
        };
        inner.set_live(false);
        if timeout(delay, sign_ins.changed()).await.is_ok() {
            failures = 0;
        }
    }
}

/// The connection is taken for dead when it is silent for a minute; the server says something every
/// 15 seconds.
async fn listen(inner: &Inner) -> Result<(), StoreError> {
    let stream = inner.remote.events().await?;
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
    Ok(())
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
