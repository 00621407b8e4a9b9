use syncline_domain::hlc::UnixMillis;

use crate::{Applied, ClientError, HttpTransport, SyncClient, TransportError};

/// Why a sync did not come to its end. What was applied before stays, and the next sync goes on
/// from there.
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
/// [`SyncError`].
pub async fn sync(
    client: &mut SyncClient,
    transport: &HttpTransport,
    now: UnixMillis,
) -> Result<Applied, SyncError> {
    // A sync that was cancelled may have left its request.
    client.abandon();
    let mut total = Applied::default();
    let mut is_corrected = false;
    loop {
        let request = client.begin_sync()?;
        match transport.send(&request).await {
            Ok(answer) => {
                total.add(client.apply(answer, now)?);
                if !total.has_more {
                    return Ok(total);
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
