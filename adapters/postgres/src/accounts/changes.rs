use sqlx::postgres::PgListener;
use syncline_application::ports::StoreError;

use crate::{PostgresStore, error::store_error};

/// Where deletions of accounts are told; see `remember_deletion.sql`.
const CHANNEL: &str = "syncline_deleted_accounts";

/// Hears of the accounts that any server deletes, on a connection of its own.
pub struct DeletedAccounts {
    listener: PgListener,
}

impl DeletedAccounts {
    /// Begins to listen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn listen(store: &PostgresStore) -> Result<Self, StoreError> {
        let listener = store.listen(&[CHANNEL]).await?;
        Ok(Self { listener })
    }

    /// Waits until an account was deleted, or may have been while nobody could tell: the connection
    /// was lost and is there again.
    ///
    /// # Errors
    /// [`StoreError`]; the database cannot be reached.
    pub async fn changed(&mut self) -> Result<(), StoreError> {
        self.listener.try_recv().await.map_err(store_error)?;
        Ok(())
    }
}
