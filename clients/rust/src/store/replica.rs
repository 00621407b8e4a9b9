use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use super::{database::Database, error::StoreError, scope::Scope};
use crate::{SyncClient, wire::ReportedConflict};

/// The documents of a scope: in memory, and on the disk before anybody is told of a change.
pub(super) struct Replica {
    pub(super) scope: Scope,
    database: Arc<Database>,
    /// None until it is needed, and after the disk failed.
    client: Arc<Mutex<Option<SyncClient>>>,
    /// Moves on when documents change.
    version: watch::Sender<u64>,
}

/// What an operation leaves beside the documents.
#[derive(Default)]
pub(super) struct Margin {
    /// Conflicts that the application is to hear of.
    pub(super) reports: Vec<ReportedConflict>,
}

type Slot = OwnedMutexGuard<Option<SyncClient>>;

impl Replica {
    pub(super) fn new(scope: Scope, database: Arc<Database>) -> Self {
        Self {
            scope,
            database,
            client: Arc::default(),
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
        let slot = Arc::clone(&self.client).lock_owned().await;
        if let Some(client) = slot.as_ref() {
            return Ok(look(client));
        }
        let work = self.on_disk(slot, |client, _| Ok(look(client)));
        work.await.map(|(result, _)| result)
    }

    /// Changes documents. What `operation` did is on the disk when this returns, or it was not done.
    /// It goes on to its end even if nobody waits for it.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut SyncClient, &mut Margin) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let slot = Arc::clone(&self.client).lock_owned().await;
        let (result, is_changed) = self.on_disk(slot, operation).await?;
        if is_changed {
            self.version.send_modify(|version| *version += 1);
        }
        Ok(result)
    }

    /// Forgets what is in memory.
    pub(super) async fn forget(&self) {
        *self.client.lock().await = None;
        self.version.send_modify(|version| *version += 1);
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        mut slot: Slot,
        operation: impl FnOnce(&mut SyncClient, &mut Margin) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<(T, bool), StoreError> {
        let (database, scope) = (Arc::clone(&self.database), self.scope.clone());
        let work = move || {
            let loaded = match slot.take() {
                Some(client) => client,
                None => database.load(&scope)?,
            };
            let client = slot.insert(loaded);
            let (head, mut margin) = (client.head()?, Margin::default());
            let result = operation(client, &mut margin)?;
            let touched = client.take_touched();
            let is_changed = !touched.is_empty();
            if !is_changed && margin.reports.is_empty() && client.head()? == head {
                return Ok((result, false));
            }
            let written = database.write(&scope, client, &touched, &margin.reports);
            if let Err(error) = written {
                // What is on the disk is what there is.
                *slot = None;
                return Err(error);
            }
            Ok((result, is_changed))
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(_) => Err(StoreError::Closed),
        }
    }
}
