use std::{io, sync::Arc, time::Duration};

use sqlx::{
    Executor,
    postgres::{PgListener, PgNotification},
};
use syncline_application::ports::{Poke, StoreError};

use tokio::time::{Instant, timeout, timeout_at};

use super::text;
use crate::{
    PostgresStore,
    error::store_error,
    standby::{self, Standby},
};

/// How often the database is asked whether it is there.
const INTERVAL: Duration = Duration::from_secs(10);

/// How long it may take to say so.
const ANSWER: Duration = Duration::from_secs(2);

/// Hears what any server tells, on a connection of its own.
pub struct Notifications {
    listener: PgListener,
    standby: Option<Arc<Standby>>,
    /// When the database was asked last.
    asked: Instant,
}

impl Notifications {
    /// Begins to listen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn listen(store: &PostgresStore) -> Result<Self, StoreError> {
        let listener = store.listen().await?;
        let standby = store.standby();
        let notifications = Self {
            listener,
            standby,
            asked: Instant::now(),
        };
        // What was told before was not heard.
        notifications.note(&[Poke::Anything]);
        Ok(notifications)
    }

    /// Waits for what is told next.
    ///
    /// # Errors
    /// [`StoreError`]; the connection is lost, and with it what is told until another listens.
    pub async fn next(&mut self) -> Result<Vec<Poke>, StoreError> {
        let mut pokes = read(&self.notification().await?);
        while let Some(notification) = self.listener.next_buffered() {
            pokes.extend(read(&notification));
        }
        self.note(&pokes);
        Ok(pokes)
    }

    /// Whoever is told of a change pulls it, from a standby only if that has it.
    fn note(&self, pokes: &[Poke]) {
        if let Some(standby) = &self.standby {
            standby.note(pokes);
        }
    }

    /// Waits for a notification, and sees now and then that the connection still leads somewhere:
    /// one that is gone without a word is silent for ever.
    async fn notification(&mut self) -> Result<PgNotification, StoreError> {
        let interval = match self.standby {
            Some(_) => standby::INTERVAL,
            None => INTERVAL,
        };
        loop {
            let due = self.asked + interval;
            if Instant::now() < due
                && let Ok(told) = timeout_at(due, self.listener.try_recv()).await
            {
                return told
                    .and_then(|told| told.ok_or_else(lost))
                    .map_err(store_error);
            }
            self.ask().await?;
        }
    }

    /// Asks the database something: what was told before is here before the answer.
    async fn ask(&mut self) -> Result<(), StoreError> {
        self.asked = Instant::now();
        let answer = timeout(ANSWER, self.listener.execute("SELECT 1")).await;
        let answer = answer.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        answer.map_err(store_error)?;
        if let Some(standby) = &self.standby {
            standby.hear(self.asked);
        }
        Ok(())
    }
}

/// The listener could connect again by itself. But where the question whether it is there did that, or broke it
/// off, nobody would learn that something was not heard.
fn lost() -> sqlx::Error {
    io::Error::from(io::ErrorKind::ConnectionAborted).into()
}

fn read(notification: &PgNotification) -> Vec<Poke> {
    text::read(notification.payload())
}
