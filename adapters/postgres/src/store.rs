//! The store: a pool of connections to a schema of Syncline's own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use syncline_application::ports::{
    Incarnation, Page, PageQuery, Patience, PurgeReport, SharedPage, SharedPageQuery, Store,
    StoreError, SyncTransaction,
};
use syncline_domain::hlc::Hlc;

use crate::{
    error::store_error, incarnation, migrations, page, purge, rows,
    transaction::PostgresTransaction,
};

/// The schema in which everything of Syncline's is.
pub const SCHEMA: &str = "syncline";

/// The longest that a unit of work may take. The horizon of a purge keeps this distance.
pub(crate) const LONGEST_TRANSACTION: Duration = Duration::from_mins(1);

/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The database cannot be reached.
    #[error("cannot reach the database: {0}")]
    Connect(#[from] sqlx::Error),
    /// The database is set up to forget what it said was stored.
    #[error(
        "the database has `{0} = off`: a crash would lose documents that devices were told are \
         stored; turn it on"
    )]
    NotDurable(&'static str),
}

/// Documents in PostgreSQL.
pub struct PostgresStore {
    pub(crate) pool: PgPool,
    /// Whether a transaction found that the database is not what it was.
    is_changed: Arc<AtomicBool>,
}

impl PostgresStore {
    /// Connects to a database that was migrated, with at most so many connections.
    ///
    /// # Errors
    /// [`ConnectError`] when it cannot be reached, or would not keep what it is given.
    pub async fn connect(
        options: PgConnectOptions,
        max_connections: u32,
    ) -> Result<Self, ConnectError> {
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .connect_with(in_schema(options))
            .await?;
        for setting in ["fsync", "synchronous_commit"] {
            let value: String = sqlx::query_scalar("SELECT current_setting($1)")
                .bind(setting)
                .fetch_one(&pool)
                .await?;
            if value == "off" {
                return Err(ConnectError::NotDurable(setting));
            }
        }
        Ok(Self {
            pool,
            is_changed: Arc::default(),
        })
    }

    /// The pool, for tests and metrics.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Begins a new incarnation: a statement found that the database is not what it was.
    pub(crate) async fn renew(&self) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await.map_err(store_error)?;
        incarnation::begin_if_changed(&mut connection)
            .await
            .map_err(store_error)
    }
}

/// Options for connections that find Syncline's tables, and give up on what takes too long.
pub(crate) fn in_schema(options: PgConnectOptions) -> PgConnectOptions {
    let longest = LONGEST_TRANSACTION.as_millis().to_string();
    options.application_name("syncline").options([
        ("search_path", SCHEMA),
        ("statement_timeout", longest.as_str()),
        ("idle_in_transaction_session_timeout", longest.as_str()),
        // Our few statements read by key whatever their parameters: planning them anew each time,
        // or compiling them, costs more than running them.
        ("plan_cache_mode", "force_generic_plan"),
        ("jit", "off"),
        // A plan may be older than the first documents: what looks empty then is not for long.
        ("enable_seqscan", "off"),
    ])
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self, patience: Patience) -> Result<Box<dyn SyncTransaction>, StoreError> {
        if self.is_changed.swap(false, Ordering::Relaxed) {
            self.renew().await?;
        }
        let begin = match patience {
            Patience::Short => "BEGIN; SET LOCAL lock_timeout = '20ms'",
            Patience::Long => "BEGIN",
        };
        let transaction = self.pool.begin_with(begin).await.map_err(store_error)?;
        Ok(Box::new(PostgresTransaction::new(
            transaction,
            Arc::clone(&self.is_changed),
        )))
    }

    async fn pages(&self, queries: &[PageQuery]) -> Result<Vec<Page>, StoreError> {
        if let Some(pages) = page::read(&self.pool, queries).await? {
            return Ok(pages);
        }
        self.renew().await?;
        page::read(&self.pool, queries)
            .await?
            .ok_or(StoreError::Contention)
    }

    async fn shared_page(&self, query: &SharedPageQuery) -> Result<SharedPage, StoreError> {
        page::shared::read(&self.pool, query).await
    }

    async fn heal_from(&self, incarnation: Incarnation) -> Result<Option<Hlc>, StoreError> {
        let row = sqlx::query(
            "SELECT min(issued_until) AS issued_until FROM incarnations WHERE ordinal > \
             (SELECT ordinal FROM incarnations WHERE incarnation_id = $1)",
        )
        .bind(uuid::Uuid::from_bytes(incarnation.0))
        .fetch_one(&self.pool)
        .await
        .map_err(store_error)?;
        rows::clock(&row, "issued_until")
    }

    async fn renew_incarnation(&self, observed: Incarnation) -> Result<(), StoreError> {
        let observed = uuid::Uuid::from_bytes(observed.0);
        let mut connection = self.pool.acquire().await.map_err(store_error)?;
        incarnation::begin_after(&mut connection, observed)
            .await
            .map_err(store_error)
    }

    async fn purge(&self, retention_millis: u64) -> Result<PurgeReport, StoreError> {
        purge::purge(&self.pool, retention_millis)
            .await
            .map_err(store_error)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await.map_err(store_error)?;
        connection.ping().await.map_err(store_error)?;
        if migrations::is_current(&mut connection)
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
