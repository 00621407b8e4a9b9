//! One scope, synchronised until everything is pulled, and pushed that was edited before.

use syncline_domain::hlc::UnixMillis;

use super::{
    clock::Clock,
    error::StoreError,
    events::StoreEvent,
    inner::Inner,
    replica::{Margin, Replica},
};
use crate::{
    Applied, SyncClient, TransportError,
    wire::{Rejection, SyncAnswer, SyncRequest},
};

/// Whole refusals that one document of the request may be the reason of.
const BECAUSE_OF_A_DOCUMENT: [u16; 3] = [400, 413, 422];

/// So many answers of a pass may begin the whole state anew.
const MOST_RESETS: usize = 3;

/// What a pass remembers from one request to the next.
#[derive(Default)]
struct Progress {
    /// How many documents the pull has brought that is under way.
    received: usize,
    is_corrected: bool,
    one_by_one: bool,
    /// How many answers began the whole state anew.
    resets: usize,
}

/// Pushes and pulls. What was taken in before an error stays, and the next pass goes on from there.
/// A scope that is forgotten meanwhile is left alone.
pub(super) async fn run(inner: &Inner, replica: &Replica) -> Result<(), StoreError> {
    let mut progress = Progress::default();
    // A pass that was cancelled may have left its request.
    abandon(replica).await?;
    loop {
        let Some(request) = begin(inner, replica, &progress).await? else {
            return Ok(());
        };
        let organisation = replica.scope.organisation.as_ref();
        match inner.remote.sync(&request, organisation).await {
            Ok(answer) => {
                let is_complete = !answer.has_more;
                progress.resets += usize::from(answer.reset);
                let Some(applied) = apply(inner, replica, &request, answer).await? else {
                    return Ok(());
                };
                progress.received += applied.changed.len();
                tell_progress(inner, replica, &mut progress, is_complete);
                if !tell(inner, replica, applied) {
                    return Ok(());
                }
                if progress.resets > MOST_RESETS {
                    abandon(replica).await?;
                    return Err(anew().into());
                }
            }
            Err(error) => mend(inner, replica, &mut progress, &request, error).await?,
        }
    }
}

/// Begins a request; none in a scope that was forgotten.
async fn begin(
    inner: &Inner,
    replica: &Replica,
    progress: &Progress,
) -> Result<Option<SyncRequest>, StoreError> {
    let (one_by_one, page_size) = (progress.one_by_one, inner.page_size);
    replica
        .change(move |client, margin| {
            if margin.is_forgotten {
                return Ok(None);
            }
            margin.is_kept = true;
            client.push_one_by_one(one_by_one);
            client.limit_pages(page_size);
            Ok(Some(client.begin_sync()?))
        })
        .await
}

/// Changes the documents that sent `request`. If those were forgotten meanwhile, others that are
/// there now know nothing of it, and nothing is done.
async fn settle<T: Send + 'static>(
    replica: &Replica,
    request: &SyncRequest,
    operation: impl FnOnce(&mut SyncClient, &mut Margin) -> Result<T, StoreError> + Send + 'static,
) -> Result<Option<T>, StoreError> {
    let node = request.node.clone();
    replica
        .change(move |client, margin| {
            if *client.node() != node {
                return Ok(None);
            }
            operation(client, margin).map(Some)
        })
        .await
}

/// To go on at once would be for ever.
fn anew() -> TransportError {
    TransportError::Unavailable {
        error: "it begins anew again and again".to_owned(),
        retry_after: None,
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
    request: &SyncRequest,
    answer: SyncAnswer,
) -> Result<Option<Applied>, StoreError> {
    let now = Clock::clone(&inner.clock);
    let apply = settle(replica, request, move |client, margin| {
        let applied = client.apply(answer, now())?;
        margin.reports.clone_from(&applied.conflicts);
        Ok(applied)
    });
    apply.await
}

/// Tells how far a pull has come, if it has brought anything.
fn tell_progress(inner: &Inner, replica: &Replica, progress: &mut Progress, is_complete: bool) {
    if progress.received > 0 {
        inner.emit(StoreEvent::Progress {
            scope: replica.scope.clone(),
            received: progress.received,
            is_complete,
        });
    }
    if is_complete {
        // What comes after that is another pull.
        progress.received = 0;
    }
}

/// Tells what an answer did. Returns whether there is more.
fn tell(inner: &Inner, replica: &Replica, applied: Applied) -> bool {
    if !applied.rejected.is_empty() {
        inner.emit(StoreEvent::Rejected {
            scope: replica.scope.clone(),
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
    if let Some(time) = refused.server_time().filter(|_| !progress.is_corrected) {
        // Once: what cannot be stamped anew is rejected as it is.
        progress.is_corrected = true;
        if correct(inner, replica, request, time).await? {
            return Ok(());
        }
    }
    match (&**refused, request.changes.len()) {
        (TransportError::Refused { status, .. }, pushed)
            if pushed > 0 && BECAUSE_OF_A_DOCUMENT.contains(status) =>
        {
            // One by one, so that the one that it is because of blocks no other.
            progress.one_by_one = pushed > 1;
            if pushed == 1 {
                return reject(inner, replica, request, refused).await;
            }
            refuse(replica, request).await.map(drop)
        }
        // The refusal of what was forgotten concerns nobody.
        _ => match refuse(replica, request).await? {
            Some(()) => Err(error),
            None => Ok(()),
        },
    }
}

async fn correct(
    inner: &Inner,
    replica: &Replica,
    request: &SyncRequest,
    time: UnixMillis,
) -> Result<bool, StoreError> {
    let now = Clock::clone(&inner.clock);
    let correct = settle(replica, request, move |client, _| {
        client.refuse();
        Ok(client.correct_clock(time, now())?)
    });
    Ok(correct.await?.unwrap_or_default())
}

async fn refuse(replica: &Replica, request: &SyncRequest) -> Result<Option<()>, StoreError> {
    let refuse = settle(replica, request, |client, _| {
        client.refuse();
        Ok(())
    });
    refuse.await
}

async fn reject(
    inner: &Inner,
    replica: &Replica,
    request: &SyncRequest,
    refused: &TransportError,
) -> Result<(), StoreError> {
    let rejection = rejection(refused);
    let reject = settle(replica, request, move |client, _| {
        Ok(client.reject_pushed(&rejection))
    });
    let documents = reject.await?.unwrap_or_default();
    if !documents.is_empty() {
        inner.emit(StoreEvent::Rejected {
            scope: replica.scope.clone(),
            documents,
        });
    }
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
