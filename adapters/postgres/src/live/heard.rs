use std::{sync::Arc, time::Duration};

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

    /// Waits for what is told next. When the connection was lost and is there again, that is that
    /// anything may have changed.
    ///
    /// # Errors
    /// [`StoreError`]; the database cannot be reached.
    pub async fn next(&mut self) -> Result<Vec<Poke>, StoreError> {
        let mut pokes = Vec::new();
        let mut notification = self.notification().await?;
        loop {
            pokes.extend(notification.as_ref().map_or(vec![Poke::Anything], read));
            notification = self.listener.next_buffered();
            if notification.is_none() {
                self.note(&pokes);
                return Ok(pokes);
            }
        }
    }

    /// Whoever is told of a change pulls it, from a standby only if that has it.
    fn note(&self, pokes: &[Poke]) {
        if let Some(standby) = &self.standby {
            standby.note(pokes);
        }
    }

    /// Waits for a notification, and sees now and then that the connection still leads somewhere:
    /// one that is gone without a word is silent for ever.
    async fn notification(&mut self) -> Result<Option<PgNotification>, StoreError> {
        let interval = match self.standby {
            Some(_) => standby::INTERVAL,
            None => INTERVAL,
        };
        loop {
            let due = self.asked + interval;
            if Instant::now() < due
                && let Ok(told) = timeout_at(due, self.listener.try_recv()).await
            {
                return told.map_err(store_error);
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

fn read(notification: &PgNotification) -> Vec<Poke> {
    text::read(notification.payload())
}
