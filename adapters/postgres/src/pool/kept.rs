//! Sessions that were used a moment ago, for whoever comes next.
//!
//! The pool asks every connection that comes back whether it is still good, which is a round trip after
//! each statement. One whose statement was answered is: it is lent again without asking, for a moment.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::Session;

/// For how long after the pool has lent it a session does not go back.
pub(super) const LENT: Duration = Duration::from_secs(1);

/// Those that nobody uses. To the pool they are lent.
#[derive(Debug, Default)]
pub(super) struct Kept {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sessions: Vec<Session>,
    /// How many found none here, and wait for the pool.
    waiting: usize,
    is_closed: bool,
}

/// Somebody who waits for the pool. Until it is dropped, nothing is kept.
pub(super) struct WaitsForPool<'a>(&'a Kept);

impl Kept {
    /// The one that was used last, if any is still to be lent. The others go back to the pool, or end:
    /// all that were idle for long may lead nowhere, and to ask them would keep their places in the
    /// pool.
    pub(super) fn take(&self) -> Result<Session, WaitsForPool<'_>> {
        let mut state = self.state();
        while let Some(session) = state.sessions.pop() {
            if session.is_to_be_lent() {
                return Ok(session);
            }
            if session.was_idle_for_long() {
                session.close();
            }
        }
        state.waiting += 1;
        Err(WaitsForPool(self))
    }

    /// Keeps one, unless somebody waits for the pool, which knows who came first.
    pub(super) fn give(&self, session: Session) {
        let mut state = self.state();
        if state.waiting == 0 && !state.is_closed {
            state.sessions.push(session);
        }
    }

    /// Closes them, and keeps none from now on.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        for session in state.sessions.drain(..) {
            session.close();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.state().sessions.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for WaitsForPool<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.waiting = state.waiting.saturating_sub(1);
    }
}
