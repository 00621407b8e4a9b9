//! The documents of a scope, in memory and on the disk.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use super::{database::Database, demand::Demand, error::StoreError, scope::Scope};
use crate::{SyncClient, wire::ReportedConflict};

/// The documents of a scope: in memory, and on the disk before anybody is told of a change.
pub(super) struct Replica {
    pub(super) scope: Scope,
    database: Arc<Database>,
    demand: Arc<Demand>,
    /// None until it is needed, and after the disk failed.
    loaded: Arc<Mutex<Option<Loaded>>>,
    /// Whether the application has asked for it since it was forgotten.
    is_asked_for: AtomicBool,
    /// Moves on when documents change.
    version: watch::Sender<u64>,
}

/// What an operation leaves beside the documents.
#[derive(Default)]
pub(super) struct Margin {
    /// Conflicts that the application is to hear of.
    pub(super) reports: Vec<ReportedConflict>,
    /// The scope is to be kept, though nothing is in it.
    pub(super) is_kept: bool,
    /// The scope is not on the disk, nor has the application asked for it since it was forgotten.
    pub(super) is_forgotten: bool,
    /// Something is to be pushed.
    pub(super) is_due: bool,
}

/// The documents in memory.
pub(super) struct Loaded {
    pub(super) client: SyncClient,
    /// Whether the scope is on the disk. To look at it alone does not bring it there.
    pub(super) is_stored: bool,
}

/// The documents, which nobody else has until this goes.
pub(super) type Slot = OwnedMutexGuard<Option<Loaded>>;

impl Replica {
    pub(super) fn new(scope: Scope, database: Arc<Database>, demand: Arc<Demand>) -> Self {
        Self {
            scope,
            database,
            demand,
            loaded: Arc::default(),
            is_asked_for: AtomicBool::default(),
            version: watch::Sender::new(0),
        }
    }

    /// Tells when documents have changed.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Looks at the documents.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&SyncClient) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let slot = self.lock().await;
        if self.database.is_closed() {
            return Err(StoreError::Closed);
        }
        if let Some(loaded) = slot.as_ref() {
            return Ok(look(&loaded.client));
        }
        self.on_disk(slot, |client, _| Ok(look(client))).await
    }

    /// Changes documents. What `operation` did is on the disk when this returns, or it was not done.
    /// It goes on to its end, whoever is to hear of it included, even if nobody waits for it.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut SyncClient, &mut Margin) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let slot = self.lock().await;
        self.on_disk(slot, operation).await
    }

    /// The application asks for the scope: it is synchronised even if it is never edited.
    pub(super) fn ask_for(&self) {
        if !self.is_asked_for.swap(true, Ordering::SeqCst) {
            self.demand.kick(self.scope.clone());
        }
    }

    /// Waits until nobody works with the documents, and keeps others from it.
    pub(super) async fn lock(&self) -> Slot {
        Arc::clone(&self.loaded).lock_owned().await
    }

    /// The scope is no longer on the disk.
    pub(super) fn forget(&self, mut slot: Slot) {
        *slot = None;
        self.is_asked_for.store(false, Ordering::SeqCst);
        drop(slot);
        self.wake();
    }

    /// Whoever watches looks again.
    pub(super) fn wake(&self) {
        wake(&self.version);
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        mut slot: Slot,
        operation: impl FnOnce(&mut SyncClient, &mut Margin) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (database, scope) = (Arc::clone(&self.database), self.scope.clone());
        let (version, demand) = (self.version.clone(), Arc::clone(&self.demand));
        let is_asked_for = self.is_asked_for.load(Ordering::SeqCst);
        let work = move || {
            let loaded = match slot.take() {
                Some(loaded) => loaded,
                None => database.load(&scope)?,
            };
            let Loaded { client, is_stored } = slot.insert(loaded);
            let head = client.head()?;
            let mut margin = Margin {
                is_forgotten: !*is_stored && !is_asked_for,
                ..Margin::default()
            };
            let result = operation(client, &mut margin)?;
            let touched = client.take_touched();
            let is_changed = !touched.is_empty();
            let is_same = if *is_stored {
                margin.reports.is_empty() && client.head()? == head
            } else {
                !margin.is_kept
            };
            if is_changed || !is_same {
                let written = database.write(&scope, client, *is_stored, &touched, &margin.reports);
                if let Err(error) = written {
                    // What is on the disk is what there is.
                    *slot = None;
                    return Err(error);
                }
                *is_stored = true;
            }
            drop(slot);
            if is_changed {
                wake(&version);
            }
            if margin.is_due {
                demand.kick(scope);
            }
            Ok(result)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(_) => Err(StoreError::Closed),
        }
    }
}

fn wake(version: &watch::Sender<u64>) {
    version.send_modify(|version| *version += 1);
}
