//! The events of a store, as one who listens gets them.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Weak},
};

use tokio::sync::{
    broadcast::{self, error::TryRecvError},
    watch,
};

use super::{
    audience::Audience,
    database::{Database, StoredReport},
    error::StoreError,
    events::StoreEvent,
};

/// So many reports of conflicts are read at a time.
const BATCH: i64 = 100;

/// What happens in a store, one event after the other.
///
/// Conflicts stay in the file until whoever listens to them asks for the event after them, so none
/// is lost by being slow, or by ending. Of the other events those of the last while are kept: a
/// listener that lets more than a thousand wait misses the oldest.
pub struct Events {
    others: broadcast::Receiver<StoreEvent>,
    database: Weak<Database>,
    audience: Arc<Audience>,
    bell: watch::Receiver<()>,
    seat: u64,
    /// Reports that were read and are to be told.
    reports: VecDeque<StoredReport>,
    /// The last report that was read.
    last_read: i64,
    /// Whether there may be reports in the file that were not read.
    has_more: bool,
    /// The report that was told last. It is known to be heard when the next event is asked for.
    told: Option<i64>,
    /// Whether reports were heard that are in the file still.
    has_heard: bool,
}

impl Events {
    pub(super) fn new(others: broadcast::Receiver<StoreEvent>, database: &Arc<Database>) -> Self {
        let audience = Arc::clone(&database.audience);
        let (seat, last_read) = audience.join();
        Self {
            others,
            database: Arc::downgrade(database),
            bell: audience.bell(),
            audience,
            seat,
            reports: VecDeque::new(),
            last_read,
            has_more: true,
            told: None,
            has_heard: false,
        }
    }

    /// Waits for the next event. To ask for it is to say that the one before it was dealt with: a
    /// conflict is not told again then. Nothing is lost if this is cancelled.
    ///
    /// # Errors
    /// [`StoreError::Closed`] when the store was closed or dropped, and others when the file cannot
    /// be read.
    pub async fn recv(&mut self) -> Result<StoreEvent, StoreError> {
        if let Some(number) = self.told.take() {
            self.audience.hear(self.seat, number);
            self.has_heard = true;
        }
        loop {
            // Before the look at the others: what was sent before the end is told.
            let is_over = self.audience.is_over();
            match self.others.try_recv() {
                Ok(event) => return Ok(event),
                Err(TryRecvError::Lagged(_)) => continue,
                Err(TryRecvError::Closed) => return Err(StoreError::Closed),
                Err(TryRecvError::Empty) if is_over => return Err(StoreError::Closed),
                Err(TryRecvError::Empty) => {}
            }
            match self.next_report().await {
                Ok(Some(report)) => {
                    self.told = Some(report.number);
                    return Ok(StoreEvent::Conflict {
                        scope: report.scope,
                        conflict: Box::new(report.conflict),
                    });
                }
                Ok(None) => {}
                // The file is closed already. What is told until the end of the store is heard.
                Err(StoreError::Closed) => {
                    self.end().await;
                    continue;
                }
                Err(error) => return Err(error),
            }
            tokio::select! {
                event = self.others.recv() => if let Ok(event) = event {
                    return Ok(event);
                },
                // The audience, which is held here, is what rings.
                _ = self.bell.changed() => self.has_more = true,
            }
        }
    }

    /// Waits for the end of the store.
    async fn end(&mut self) {
        while !self.audience.is_over() {
            // The audience, which is held here, is what rings.
            let _ = self.bell.changed().await;
        }
    }

    async fn next_report(&mut self) -> Result<Option<StoredReport>, StoreError> {
        if self.bell.has_changed().unwrap_or(false) {
            self.bell.mark_unchanged();
            self.has_more = true;
        }
        if self.reports.is_empty() && (self.has_more || self.has_heard) {
            let found = self.read().await?;
            self.has_heard = false;
            self.has_more = !found.is_empty();
            self.last_read = found.last().map_or(self.last_read, |last| last.number);
            self.reports.extend(found);
        }
        Ok(self.reports.pop_front())
    }

    /// Reads more reports, when those that were heard are out of the file.
    async fn read(&self) -> Result<Vec<StoredReport>, StoreError> {
        let (database, after) = (Weak::clone(&self.database), self.last_read);
        let work = tokio::task::spawn_blocking(move || {
            let database = database.upgrade().ok_or(StoreError::Closed)?;
            // If that fails they may come a second time, after the next start.
            drop(database.forget_heard());
            database.reports(after, BATCH)
        });
        work.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.audience.leave(self.seat);
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Events").finish_non_exhaustive()
    }
}
