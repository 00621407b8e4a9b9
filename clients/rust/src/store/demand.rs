//! What still has to be synchronised, and how urgently.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::scope::Scope;

/// What is to be synchronised.
#[derive(Default)]
pub(super) struct Demand {
    due: Mutex<Due>,
    woken: Notify,
}

/// Part of it, as it is taken.
#[derive(Default)]
pub(super) struct Due {
    pub(super) all: bool,
    pub(super) scopes: BTreeSet<Scope>,
    /// At once, whatever failed before.
    pub(super) urgent: bool,
    /// The last of those who wait for everything to be synchronised.
    pub(super) ticket: u64,
}

impl Demand {
    /// A scope changed, here or on the server.
    pub(super) fn kick(&self, scope: Scope) {
        self.due().scopes.insert(scope);
        self.woken.notify_one();
    }

    /// Any scope may have changed.
    pub(super) fn kick_all(&self) {
        self.due().all = true;
        self.woken.notify_one();
    }

    /// Everything, at once. Whoever waits for it knows it by the number that this returns.
    pub(super) fn now(&self) -> u64 {
        let mut due = self.due();
        (due.all, due.urgent) = (true, true);
        due.ticket += 1;
        self.woken.notify_one();
        due.ticket
    }

    /// Waits until more is due.
    pub(super) async fn more(&self) {
        self.woken.notified().await;
    }

    pub(super) fn is_urgent(&self) -> bool {
        self.due().urgent
    }

    pub(super) fn is_any(&self) -> bool {
        let due = self.due();
        due.all || due.urgent || !due.scopes.is_empty()
    }

    pub(super) fn take(&self) -> Due {
        let mut due = self.due();
        let ticket = due.ticket;
        std::mem::replace(
            &mut *due,
            Due {
                ticket,
                ..Due::default()
            },
        )
    }

    /// Not done: it is due still.
    pub(super) fn put_back(&self, scopes: impl IntoIterator<Item = Scope>) {
        self.due().scopes.extend(scopes);
    }

    fn due(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
