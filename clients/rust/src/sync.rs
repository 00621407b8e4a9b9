//! The loop of requests until nothing is waiting on either side.

use syncline_domain::hlc::UnixMillis;

use crate::{Applied, ClientError, HttpTransport, SyncClient, TransportError};

/// A sync that did not come to its end. What was applied before stays, and the next sync goes on
/// from there.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct SyncInterrupted {
    /// Why it ended.
    #[source]
    pub error: SyncError,
    /// What it did before. The conflicts are reported here and nowhere else.
    pub applied: Box<Applied>,
}

/// Why a sync did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The server gave no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The client could not begin or apply.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Pushes and pulls until nothing is waiting on either side.
///
/// A clock that is ahead of the server's is corrected once, and the edits sent again.
///
/// # Errors
/// [`SyncInterrupted`].
pub async fn sync(
    client: &mut SyncClient,
    transport: &HttpTransport,
    now: UnixMillis,
) -> Result<Applied, SyncInterrupted> {
    let mut applied = Applied::default();
    match run(client, transport, now, &mut applied).await {
        Ok(()) => Ok(applied),
        Err(error) => Err(SyncInterrupted {
            error,
            applied: Box::new(applied),
        }),
    }
}

async fn run(
    client: &mut SyncClient,
    transport: &HttpTransport,
    now: UnixMillis,
    total: &mut Applied,
) -> Result<(), SyncError> {
    // A sync that was cancelled may have left its request.
    client.abandon();
    let mut is_corrected = false;
    loop {
        let request = client.begin_sync()?;
        match transport.send(&request).await {
            Ok(answer) => {
                total.add(client.apply(answer, now)?);
                if !total.has_more {
                    return Ok(());
                }
            }
            Err(error) => {
                if error.is_refusal() {
                    client.refuse();
                } else {
                    client.abandon();
                }
                is_corrected = match error.server_time() {
                    Some(time) if !is_corrected => client.correct_clock(time, now)?,
                    _ => false,
                };
                if !is_corrected {
                    return Err(error.into());
                }
            }
        }
    }
}
