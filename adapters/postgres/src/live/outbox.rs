use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use syncline_application::ports::{Poke, StoreError};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{pace::Pace, text};
use crate::error::store_error;

/// With more pokes that wait, everybody is told that anything may have changed.
const MOST_POKES: usize = 10_000;

/// Pokes that come so soon after others are gathered: each notification locks the database.
const GATHER: Duration = Duration::from_millis(20);

/// How long the database may take to answer. One that is gone without a word never does.
const ANSWER: Duration = Duration::from_secs(2);

/// What a transaction has changed, so far.
pub(crate) type Pokes = BTreeSet<Poke>;

/// Pokes that are to be sent.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    pokes: Mutex<Pokes>,
    woken: Notify,
}

impl Outbox {
    /// Has pokes sent soon.
    pub(crate) fn put(&self, pokes: Pokes) {
        if pokes.is_empty() {
            return;
        }
        let mut waiting = self.waiting();
        waiting.extend(pokes);
        if waiting.len() > MOST_POKES {
            *waiting = [Poke::Anything].into();
        }
        self.0.woken.notify_one();
    }

    /// Has pokes sent soon after what is returned is dropped: when a commit has ended, or when
    /// whoever waited for it has gone. A hint too many does no harm.
    pub(crate) fn put_when_dropped(self, pokes: Pokes) -> Ending {
        Ending {
            outbox: self,
            pokes,
        }
    }

    /// Sends what there is, once.
    ///
    /// # Errors
    /// [`StoreError`]; what was not sent waits still.
    pub(crate) async fn flush(&self, options: &PgConnectOptions) -> Result<(), StoreError> {
        let pokes = std::mem::take(&mut *self.waiting());
        if pokes.is_empty() {
            return Ok(());
        }
        let sent = async {
            let mut connection = PgConnection::connect_with(options).await?;
            notify(&mut connection, &pokes).await
        };
        in_time(sent).await.inspect_err(|_| self.put(pokes))
    }

    /// Sends what there is, for ever, on a connection of its own.
    ///
    /// # Errors
    /// [`StoreError`]; what was not sent waits still.
    pub(crate) async fn send(&self, options: &PgConnectOptions) -> Result<Infallible, StoreError> {
        let mut connection = in_time(PgConnection::connect_with(options)).await?;
        let mut pace = Pace::default();
        loop {
            let pokes = self.take(&mut pace).await;
            let sent = in_time(notify(&mut connection, &pokes)).await;
            sent.inspect_err(|_| self.put(pokes))?;
            sleep(GATHER).await;
        }
    }

    async fn take(&self, pace: &mut Pace) -> Pokes {
        loop {
            let next = {
                let mut waiting = self.waiting();
                let pokes = pace.take(&mut waiting, Instant::now());
                if !pokes.is_empty() {
                    return pokes;
                }
                pace.next(&waiting)
            };
            match next {
                // Whichever comes first.
                Some(next) => drop(timeout_at(next, self.0.woken.notified()).await),
                None => self.0.woken.notified().await,
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Pokes> {
        self.0.pokes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    let answer = timeout(ANSWER, answer).await;
    answer
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
        .map_err(store_error)
}

async fn notify(connection: &mut PgConnection, pokes: &Pokes) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("../sql/notify.sql"))
        .bind(text::write(pokes))
        .execute(connection)
        .await?;
    Ok(())
}

/// Pokes of a transaction that ends.
pub(crate) struct Ending {
    outbox: Outbox,
    pokes: Pokes,
}

impl Ending {
    /// What is sent instead, now that it is known.
    pub(crate) fn turned_out(&mut self, pokes: Pokes) {
        self.pokes = pokes;
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.outbox.put(std::mem::take(&mut self.pokes));
    }
}
