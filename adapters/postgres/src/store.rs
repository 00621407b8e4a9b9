//! The store: a pool of connections to a schema of Syncline's own.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::{
    FutureExt,
    future::{self, join},
};
use sqlx::postgres::{PgListener, PgPoolOptions};
use syncline_application::ports::{
    Before, Incarnation, LockRequest, Page, PageQuery, Patience, PurgeReport, SharedPage,
    SharedPageQuery, Store, StoreError, SyncAttempt, SyncTransaction, Unread,
};
use syncline_domain::hlc::{Hlc, UnixMillis};

use crate::{
    ConnectError, attempt,
    error::store_error,
    incarnation,
    live::Outbox,
    location::Location,
    measures, migrations, page,
    pool::Pool,
    purge, rows,
    standby::{Division, Numbered, Standby},
    transaction::PostgresTransaction,
};

/// The longest that a unit of work may take. The horizon of a purge keeps this distance.
pub(crate) const LONGEST_TRANSACTION: Duration = Duration::from_mins(1);

/// Documents in PostgreSQL.
pub struct PostgresStore {
    pub(crate) pool: Pool,
    location: Location,
    /// Whether a transaction found that the database is not what it was.
    is_changed: Arc<AtomicBool>,
    outbox: Outbox,
    standby: Option<Arc<Standby>>,
}

impl PostgresStore {
    /// Connects to a database that was migrated, with at most so many connections.
    ///
    /// # Errors
    /// [`ConnectError`] when it cannot be reached, or would not keep what it is given.
    pub async fn connect(
        location: impl Into<Location>,
        max_connections: u32,
    ) -> Result<Self, ConnectError> {
        let location = location.into();
        let pool = Pool::connect(&location, max_connections).await?;
        for setting in ["fsync", "synchronous_commit"] {
            let value: String = sqlx::query_scalar("SELECT current_setting($1)")
                .bind(setting)
                .fetch_one(&pool)
                .await?;
            if value == "off" {
                return Err(ConnectError::NotDurable(setting));
            }
        }
        warn_of_characters(&pool).await?;
        Ok(Self {
            pool,
            location,
            is_changed: Arc::default(),
            outbox: Outbox::default(),
            standby: None,
        })
    }

    /// The same, whose pulls come from a standby where that will do, by at most so many connections.
    #[must_use]
    pub fn with_standby(self, location: Location, max_connections: u32) -> Self {
        let standby = Standby::new(location, max_connections);
        Self {
            standby: Some(Arc::new(standby)),
            ..self
        }
    }

    /// Finds out how far the standby is, if there is one, for ever. Without this it is never asked.
    pub async fn follow_standby(&self) -> Infallible {
        match &self.standby {
            Some(standby) => standby.follow(&self.pool).await,
            None => std::future::pending().await,
        }
    }

    /// The standby, if there is one.
    pub(crate) fn standby(&self) -> Option<Arc<Standby>> {
        self.standby.clone()
    }

    /// The pool, for metrics.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Begins to listen, on a connection of its own, to the channel of this installation, which
    /// has the name of its schema.
    pub(crate) async fn listen(&self) -> Result<PgListener, StoreError> {
        let options = self.location.for_live();
        // Nobody uses it afterwards: it is closed, and not asked whether it is still good.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .after_release(|_, _| future::ready(Ok(false)).boxed());
        let pool = pool.connect_with(options).await.map_err(store_error)?;
        let mut listener = PgListener::connect_with(&pool).await.map_err(store_error)?;
        listener.eager_reconnect(false);
        let channel = self.location.schema().as_str();
        listener.listen(channel).await.map_err(store_error)?;
        Ok(listener)
    }

    /// Tells all servers what this one changes, for ever.
    ///
    /// # Errors
    /// [`StoreError`]; what was not told waits until this is called again.
    pub async fn send_pokes(&self) -> Result<Infallible, StoreError> {
        self.outbox.send(&self.location.for_live()).await
    }

    /// Tells all servers at once what waits to be told: before an end, which would forget it.
    ///
    /// # Errors
    /// [`StoreError`], also after two seconds.
    pub async fn flush_pokes(&self) -> Result<(), StoreError> {
        self.outbox.flush(&self.location.for_live()).await
    }

    /// Closes the connections, before the server's own database is stopped.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    async fn primary_pages(&self, queries: &[PageQuery]) -> Result<Vec<Page>, StoreError> {
        if let Some(pages) = page::read(&self.pool, queries).await? {
            return Ok(pages);
        }
        self.renew().await?;
        page::read(&self.pool, queries)
            .await?
            .ok_or(StoreError::Contention)
    }

    /// Reads what the standby does not answer.
    async fn numbered_pages(
        &self,
        queries: Numbered<PageQuery>,
    ) -> Result<Numbered<Page>, StoreError> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let (numbers, queries): (Vec<usize>, Vec<PageQuery>) = queries.into_iter().unzip();
        queries.iter().for_each(measures::page_of_primary);
        let pages = self.primary_pages(&queries).await?;
        Ok(numbers.into_iter().zip(pages).collect())
    }

    /// Begins a new incarnation: a statement found that the database is not what it was.
    pub(crate) async fn renew(&self) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await.map_err(store_error)?;
        transaction
            .work(incarnation::begin_if_changed)
            .await
            .map_err(store_error)?;
        transaction.commit().await.map_err(store_error)
    }
}

/// Tells of a database to which no character is a letter but those of ASCII.
async fn warn_of_characters(pool: &Pool) -> Result<(), sqlx::Error> {
    let characters: String = sqlx::query_scalar(
        "SELECT datctype::text FROM pg_database WHERE datname = current_database()",
    )
    .fetch_one(pool)
    .await?;
    if ["C", "POSIX"].contains(&characters.as_str()) {
        tracing::warn!(
            "searches find words with other letters than those of ASCII only as they are written: the \
             database has LC_CTYPE {characters}; docs/search.md tells how to change that"
        );
    }
    Ok(())
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self, patience: Patience) -> Result<Box<dyn SyncTransaction>, StoreError> {
        if self.is_changed.swap(false, Ordering::Relaxed) {
            self.renew().await?;
        }
        let transaction = match patience {
            Patience::Short => self.pool.begin_impatient().await,
            Patience::Long => self.pool.begin_patient().await,
        };
        let transaction = transaction.map_err(store_error)?;
        Ok(Box::new(PostgresTransaction::new(
            transaction,
            Arc::clone(&self.is_changed),
            self.outbox(),
        )))
    }

    async fn attempt(
        &self,
        requests: &[LockRequest],
        most_bytes: usize,
    ) -> Result<(Box<dyn SyncAttempt>, Before), StoreError> {
        let read = attempt::read(&self.pool, self.outbox(), requests, most_bytes).await?;
        let Some((attempt, before)) = read else {
            self.is_changed.store(true, Ordering::Relaxed);
            return Err(StoreError::Contention);
        };
        Ok((Box::new(attempt), before))
    }

    async fn look(&self, queries: &[PageQuery]) -> Result<Vec<Unread>, StoreError> {
        // A standby takes the work off the primary, whether there is anything to read or not.
        if self.standby.is_some() {
            return Ok(vec![Unread::Something; queries.len()]);
        }
        page::look::look(&self.pool, queries).await
    }

    async fn pages(&self, queries: &[PageQuery]) -> Result<Vec<Page>, StoreError> {
        let Some(standby) = &self.standby else {
            return self.primary_pages(queries).await;
        };
        let Division {
            proof,
            possible,
            others,
        } = standby.divide(queries);
        let found = standby.pages(proof, possible);
        let ((mut pages, missing), read) = join(found, self.numbered_pages(others)).await;
        pages.extend(read?);
        pages.extend(self.numbered_pages(missing).await?);
        pages.sort_by_key(|(number, _)| *number);
        Ok(pages.into_iter().map(|(_, page)| page).collect())
    }

    async fn shared_page(&self, query: &SharedPageQuery) -> Result<SharedPage, StoreError> {
        page::shared::read(&self.pool, query).await
    }

    async fn heal_from(
        &self,
        incarnation: Incarnation,
        read_at: UnixMillis,
    ) -> Result<Option<Hlc>, StoreError> {
        let row = sqlx::query(include_str!("sql/heal_from.sql"))
            .bind(uuid::Uuid::from_bytes(incarnation.0))
            .bind(rows::signed(read_at.0))
            .bind(Hlc::zero().to_string())
            .fetch_one(&self.pool)
            .await
            .map_err(store_error)?;
        rows::clock(&row, "issued_until")
    }

    async fn renew_incarnation(&self, observed: Incarnation) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await.map_err(store_error)?;
        transaction
            .work(async |connection| incarnation::begin_after(connection, observed).await)
            .await
            .map_err(store_error)?;
        transaction.commit().await.map_err(store_error)
    }

    async fn purge(&self, retention_millis: u64) -> Result<PurgeReport, StoreError> {
        purge::purge(&self.pool, retention_millis)
            .await
            .map_err(store_error)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if migrations::is_current(&self.pool)
            .await
            .map_err(store_error)?
        {
            return Ok(());
        }
        let error = "the database does not have this program's schema; run `syncline migrate`";
        Err(StoreError::Unavailable(Arc::from(Box::<
            dyn std::error::Error + Send + Sync,
        >::from(error))))
    }
}
