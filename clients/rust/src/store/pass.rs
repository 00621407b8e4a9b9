//! One scope, synchronised until nothing is waiting on either side.

use syncline_domain::hlc::UnixMillis;

use super::{clock::Clock, error::StoreError, events::StoreEvent, inner::Inner, replica::Replica};
use crate::{
    Applied, TransportError,
    wire::{Rejection, SyncAnswer, SyncRequest},
};

/// Whole refusals that one document of the request may be the reason of.
const BECAUSE_OF_A_DOCUMENT: [u16; 3] = [400, 413, 422];

/// What a pass remembers from one request to the next.
#[derive(Default)]
struct Progress {
    received: usize,
    is_corrected: bool,
    one_by_one: bool,
}

/// Pushes and pulls. What was taken in before an error stays, and the next pass goes on from there.
pub(super) async fn run(inner: &Inner, replica: &Replica) -> Result<(), StoreError> {
    let mut progress = Progress::default();
    // A pass that was cancelled may have left its request.
    abandon(replica).await?;
    loop {
        let (one_by_one, page_size) = (progress.one_by_one, inner.page_size);
        let request = replica
            .change(move |client, _| {
                client.push_one_by_one(one_by_one);
                client.limit_pages(page_size);
                Ok(client.begin_sync()?)
            })
            .await?;
        let organisation = replica.scope.organisation.as_ref();
        match inner.remote.sync(&request, organisation).await {
            Ok(answer) => {
                let applied = apply(inner, replica, answer).await?;
                if !tell(inner, replica, &mut progress, applied) {
                    return Ok(());
                }
            }
            Err(error) => mend(inner, replica, &mut progress, &request, error).await?,
        }
    }
}

async fn abandon(replica: &Replica) -> Result<(), StoreError> {
    let abandon = replica.change(|client, _| {
        client.abandon();
        Ok(())
    });
    abandon.await
}

async fn apply(
    inner: &Inner,
    replica: &Replica,
    answer: SyncAnswer,
) -> Result<Applied, StoreError> {
    let now = Clock::clone(&inner.clock);
    replica
        .change(move |client, margin| {
            let applied = client.apply(answer, now())?;
            margin.reports.clone_from(&applied.conflicts);
            Ok(applied)
        })
        .await
}

/// Tells what an answer did. Returns whether there is more.
fn tell(inner: &Inner, replica: &Replica, progress: &mut Progress, applied: Applied) -> bool {
    let scope = &replica.scope;
    if !applied.changed.is_empty() {
        progress.received += applied.changed.len();
        inner.emit(StoreEvent::Progress {
            scope: scope.clone(),
            received: progress.received,
            is_complete: !applied.has_more,
        });
    }
    if !applied.rejected.is_empty() {
        inner.emit(StoreEvent::Rejected {
            scope: scope.clone(),
            documents: applied.rejected.into_iter().collect(),
        });
    }
    applied.has_more
}

/// Does what can be done about an error; if nothing can, it is given back.
async fn mend(
    inner: &Inner,
    replica: &Replica,
    progress: &mut Progress,
    request: &SyncRequest,
    error: StoreError,
) -> Result<(), StoreError> {
    let StoreError::Transport(refused) = &error else {
        abandon(replica).await?;
        return Err(error);
    };
    if !refused.is_refusal() {
        abandon(replica).await?;
        return Err(error);
    }
    if let Some(time) = refused.server_time().filter(|_| !progress.is_corrected)
        && correct(inner, replica, time).await?
    {
        progress.is_corrected = true;
        return Ok(());
    }
    match (&**refused, request.changes.len()) {
        (TransportError::Refused { status, .. }, pushed)
            if pushed > 0 && BECAUSE_OF_A_DOCUMENT.contains(status) =>
        {
            // One by one, so that the one that it is because of blocks no other.
            progress.one_by_one = pushed > 1;
            if pushed == 1 {
                return reject(inner, replica, refused).await;
            }
            refuse(replica).await
        }
        _ => {
            refuse(replica).await?;
            Err(error)
        }
    }
}

async fn correct(inner: &Inner, replica: &Replica, time: UnixMillis) -> Result<bool, StoreError> {
    let now = Clock::clone(&inner.clock);
    replica
        .change(move |client, _| {
            client.refuse();
            Ok(client.correct_clock(time, now())?)
        })
        .await
}

async fn refuse(replica: &Replica) -> Result<(), StoreError> {
    replica
        .change(|client, _| {
            client.refuse();
            Ok(())
        })
        .await
}

async fn reject(
    inner: &Inner,
    replica: &Replica,
    refused: &TransportError,
) -> Result<(), StoreError> {
    let rejection = rejection(refused);
    let documents = replica
        .change(move |client, _| Ok(client.reject_pushed(&rejection)))
        .await?;
    inner.emit(StoreEvent::Rejected {
        scope: replica.scope.clone(),
        documents,
    });
    Ok(())
}

fn rejection(refused: &TransportError) -> Rejection {
    let (code, details) = match refused {
        TransportError::Refused { code, details, .. } => (code.clone(), details.clone()),
        _ => ("refused".to_owned(), Vec::new()),
    };
    Rejection {
        key: None,
        owner: None,
        code,
        error: refused.to_string(),
        details,
        server_time: None,
    }
}
