//! The state of a client, to be kept between runs.

use serde::{Deserialize, Serialize};

use super::{SyncClient, documents::State};
use crate::ClientError;

const VERSION: u32 = 1;

/// Everything that a client knows, pending edits included. It is made for JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    version: u32,
    #[serde(flatten)]
    state: State,
}

impl SyncClient {
    /// What to keep. A request under way counts as lost when it is restored: its edits are pushed
    /// again.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            version: VERSION,
            state: self.state.clone(),
        }
    }

    /// The client whose snapshot it is.
    ///
    /// # Errors
    /// [`ClientError::SnapshotVersion`] when a later version of this library wrote it.
    pub fn restore(snapshot: Snapshot) -> Result<Self, ClientError> {
        if snapshot.version == VERSION {
            Ok(Self::with_state(snapshot.state))
        } else {
            Err(ClientError::SnapshotVersion(snapshot.version))
        }
    }
}
