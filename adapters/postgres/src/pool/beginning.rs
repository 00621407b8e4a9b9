use sqlx::{Executor, Postgres, SqlStr, pool::PoolConnection};

/// A connection on which a transaction begins by hand. Dropped before that has ended, it is closed:
/// whoever was lent it next would be in the transaction.
pub(super) struct Beginning(pub(super) Option<PoolConnection<Postgres>>);

impl Beginning {
    pub(super) async fn begin(
        &mut self,
        begin: SqlStr,
    ) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        if let Some(connection) = &mut self.0 {
            connection.execute(begin).await?;
        }
        self.0.take().ok_or(sqlx::Error::PoolClosed)
    }
}

impl Drop for Beginning {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(connection.detach());
        }
    }
}
