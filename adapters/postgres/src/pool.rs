//! Connections for requests, through a pooler or not.
//!
//! A pooler in transaction mode gives every transaction whichever session is free. Behind one, each
//! statement is part of a transaction that brings its settings along, and none is prepared for
//! later. Straight at PostgreSQL, settings belong to the session and prepared statements are kept.

mod session;
mod statement;

use std::time::Duration;

use futures::{
    FutureExt, StreamExt, TryFutureExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use sqlx::{
    Describe, Either, Execute, Executor, PgPool, Postgres, SqlStr,
    pool::PoolConnection,
    postgres::{PgPoolOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};

use crate::location::Location;
pub(crate) use session::{Session, Transaction};

/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections for requests.
#[derive(Clone, Debug)]
pub struct Pool {
    connections: PgPool,
    is_pooled: bool,
    begin: SqlStr,
    begin_impatient: SqlStr,
    begin_snapshot: SqlStr,
}

impl Pool {
    /// At most so many connections to the database at this place.
    pub(crate) async fn connect(
        location: &Location,
        max_connections: u32,
    ) -> Result<Self, sqlx::Error> {
        let connections = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .connect_with(location.for_requests())
            .await?;
        Ok(Self {
            connections,
            is_pooled: location.is_pooled(),
            begin: location.begin("BEGIN"),
            begin_impatient: location.begin("BEGIN; SET LOCAL lock_timeout = '20ms'"),
            begin_snapshot: location.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        })
    }

    /// How many connections there are.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.connections.size()
    }

    /// How many there may be.
    #[must_use]
    pub fn max_size(&self) -> u32 {
        self.connections.options().get_max_connections()
    }

    /// How many of them nobody uses.
    #[must_use]
    pub fn num_idle(&self) -> usize {
        self.connections.num_idle()
    }

    /// Begins a transaction, which is rolled back when it is dropped.
    pub(crate) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        self.begin_with(&self.begin).await
    }

    /// The same, which fails where it would have to wait for a lock for more than a moment.
    pub(crate) async fn begin_impatient(&self) -> Result<Transaction, sqlx::Error> {
        self.begin_with(&self.begin_impatient).await
    }

    async fn begin_with(&self, begin: &SqlStr) -> Result<Transaction, sqlx::Error> {
        let transaction = self.connections.begin_with(begin.clone()).await?;
        Ok(Session::new(transaction, !self.is_pooled))
    }

    /// A connection in a transaction that sees everything as of now. Whoever takes it ends it with
    /// `COMMIT`, or closes the connection.
    pub(crate) async fn begin_snapshot(
        &self,
    ) -> Result<Session<PoolConnection<Postgres>>, sqlx::Error> {
        let mut connection = self.connections.acquire().await?;
        connection.execute(self.begin_snapshot.clone()).await?;
        Ok(Session::new(connection, !self.is_pooled))
    }

    /// Runs one statement in a transaction of its own.
    async fn run<'q, E>(&self, query: E) -> Result<Vec<Either<PgQueryResult, PgRow>>, sqlx::Error>
    where
        E: 'q + Execute<'q, Postgres>,
    {
        let mut transaction = self.begin().await?;
        let results = transaction.fetch_many(query).try_collect().await?;
        transaction.commit().await?;
        Ok(results)
    }
}

impl<'p> Executor<'p> for &'p Pool {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        if !self.is_pooled {
            return self.connections.fetch_many(query);
        }
        let results = self.run(query);
        let results = results.map_ok(|results| stream::iter(results).map(Ok));
        results.try_flatten_stream().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        if !self.is_pooled {
            return self.connections.fetch_optional(query);
        }
        let results = self.run(query);
        results
            .map_ok(|results| results.into_iter().find_map(Either::right))
            .boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'p: 'e,
    {
        self.connections.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'p: 'e,
    {
        self.connections.describe(sql)
    }
}
