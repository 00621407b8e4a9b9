//! Sessions that were used a moment ago, for whoever comes next.
//!
//! The pool asks every connection that comes back whether it is still good, which is a round trip after
//! each statement. One whose statement was answered is: it is lent again without asking, for a moment.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use super::Session;

/// For how long after the pool has lent it a session does not go back.
pub(super) const LENT: Duration = Duration::from_secs(1);

/// Those that nobody uses. To the pool they are lent.
#[derive(Debug, Default)]
pub(super) struct Kept {
    sessions: Mutex<Vec<Session>>,
    is_given: Notify,
}

impl Kept {
    /// The one that was used last, if any is still to be lent. The others go back to the pool.
    pub(super) fn take(&self) -> Option<Session> {
        loop {
            let session = self.sessions().pop()?;
            if session.is_to_be_lent() {
                return Some(session);
            }
        }
    }

    /// Keeps one, and tells whoever waits.
    pub(super) fn give(&self, session: Session) {
        self.sessions().push(session);
        self.is_given.notify_one();
    }

    /// Waits until one may be there.
    pub(super) async fn given(&self) {
        self.is_given.notified().await;
    }

    pub(super) fn len(&self) -> usize {
        self.sessions().len()
    }

    fn sessions(&self) -> MutexGuard<'_, Vec<Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
