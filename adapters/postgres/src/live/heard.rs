use sqlx::postgres::{PgListener, PgNotification};
use syncline_application::ports::{Poke, StoreError};

use super::text;
use crate::{PostgresStore, error::store_error};

/// Where deletions of accounts are told; see `remember_deletion.sql`.
const DELETED_ACCOUNTS: &str = "syncline_deleted_accounts";

/// Where all else is; see `notify.sql`.
const POKES: &str = "syncline_pokes";

/// Hears what any server tells, on a connection of its own.
pub struct Notifications {
    listener: PgListener,
}

impl Notifications {
    /// Begins to listen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn listen(store: &PostgresStore) -> Result<Self, StoreError> {
        let listener = store.listen(&[DELETED_ACCOUNTS, POKES]).await?;
        Ok(Self { listener })
    }

    /// Waits for what is told next. When the connection was lost and is there again, that is that
    /// anything may have changed.
    ///
    /// # Errors
    /// [`StoreError`]; the database cannot be reached.
    pub async fn next(&mut self) -> Result<Vec<Poke>, StoreError> {
        let mut pokes = Vec::new();
        let mut notification = self.listener.try_recv().await.map_err(store_error)?;
        loop {
            pokes.extend(notification.as_ref().map_or(vec![Poke::Anything], read));
            notification = self.listener.next_buffered();
            if notification.is_none() {
                return Ok(pokes);
            }
        }
    }
}

fn read(notification: &PgNotification) -> Vec<Poke> {
    match notification.channel() {
        DELETED_ACCOUNTS => vec![Poke::Accounts],
        _ => text::read(notification.payload()),
    }
}
