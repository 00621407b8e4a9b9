//! What a store, its collections and its tasks have in common.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{broadcast, watch},
    task::JoinHandle,
};

use super::{
    clock::Clock,
    database::Database,
    demand::Demand,
    error::StoreError,
    events::{Status, StoreEvent},
    remote::Remote,
    replica::Replica,
    scope::Scope,
};

/// What a store, its collections and its tasks have in common.
pub(super) struct Inner {
    pub(super) database: Arc<Database>,
    pub(super) remote: Remote,
    pub(super) demand: Arc<Demand>,
    pub(super) events: broadcast::Sender<StoreEvent>,
    pub(super) status: watch::Sender<Status>,
    pub(super) passes: watch::Sender<Pass>,
    pub(super) poll_interval: Option<Duration>,
    pub(super) page_size: u32,
    /// Whether it uses no network.
    pub(super) is_offline: bool,
    pub(super) replicas: Mutex<BTreeMap<Scope, Arc<Replica>>>,
    pub(super) is_live: AtomicBool,
    pub(super) clock: Clock,
    /// None where the store is offline, and when they are stopped.
    pub(super) tasks: Mutex<Option<JoinHandle<()>>>,
}

/// How a pass over all that was due went.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    /// The last who waits for it.
    pub(super) ticket: u64,
    pub(super) error: Option<StoreError>,
}

impl Inner {
    pub(super) fn replica(&self, scope: &Scope) -> Arc<Replica> {
        let mut replicas = self.replicas.lock().unwrap_or_else(PoisonError::into_inner);
        let replica = replicas.entry(scope.clone()).or_insert_with(|| {
            let (database, demand) = (Arc::clone(&self.database), Arc::clone(&self.demand));
            Arc::new(Replica::new(scope.clone(), database, demand))
        });
        Arc::clone(replica)
    }

    /// The store is closed or dropped, or synchronises no longer: whoever waits for something hears of it.
    pub(super) fn end(&self) {
        self.database.audience.end();
        self.status.send_replace(Status::Closed);
        self.passes.send_replace(Pass {
            ticket: u64::MAX,
            error: Some(StoreError::Closed),
        });
        let replicas = self.replicas.lock().unwrap_or_else(PoisonError::into_inner);
        for replica in replicas.values() {
            replica.wake();
        }
    }

    /// Tells how the synchronisation is doing. A task goes on for a moment when the store is dropped: that it
    /// is closed is the last that is told.
    pub(super) fn tell(&self, status: Status) {
        self.status.send_if_modified(|told| {
            let is_open = !matches!(told, Status::Closed);
            if is_open {
                *told = status;
            }
            is_open
        });
    }

    /// The scopes that were ever used.
    pub(super) async fn scopes(&self) -> Result<BTreeSet<Scope>, StoreError> {
        let stored = self.on_disk(Database::scopes).await?;
        Ok(stored.into_iter().collect())
    }

    /// The server says that a scope changed. One that the application has never asked for is left
    /// alone.
    pub(super) fn poke(&self, scope: Scope) {
        let replicas = self.replicas.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = replicas.contains_key(&scope);
        drop(replicas);
        if is_known {
            self.demand.kick(scope);
        }
    }

    pub(super) fn emit(&self, event: StoreEvent) {
        // Nobody has to listen.
        let _ = self.events.send(event);
    }

    pub(super) fn is_live(&self) -> bool {
        self.is_live.load(Ordering::Relaxed)
    }

    pub(super) fn set_live(&self, is_live: bool) {
        self.is_live.store(is_live, Ordering::Relaxed);
    }

    pub(super) fn tasks(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works with the file, off the runtime's own threads.
    pub(super) async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = Arc::clone(&self.database);
        let work = tokio::task::spawn_blocking(move || work(&database));
        work.await.unwrap_or(Err(StoreError::Closed))
    }
}
