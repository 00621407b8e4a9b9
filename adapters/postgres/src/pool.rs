//! Connections for requests, through a pooler or not.
//!
//! A pooler in transaction mode gives every transaction whichever session is free. Behind one, each
//! statement is part of a transaction that brings its settings along, and none is prepared for
//! later. Straight at PostgreSQL, settings belong to the session and prepared statements are kept.

mod kept;
mod session;
mod statement;
mod waiting;
mod watch;

use std::{sync::Arc, time::Duration};

use futures::{
    FutureExt, StreamExt, TryFutureExt, TryStreamExt,
    future::{self, BoxFuture},
    stream::{self, BoxStream},
};
use sqlx::{
    Describe, Either, Execute, Executor, PgPool, Postgres, SqlStr,
    postgres::{PgPoolOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};

use crate::location::Location;
use kept::Kept;
pub(crate) use session::{Session, Transaction};
use watch::Watch;

/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the end of the connections is waited for.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Connections for requests.
#[derive(Clone, Debug)]
pub struct Pool {
    connections: PgPool,
    kept: Arc<Kept>,
    watch: Arc<Watch>,
    is_pooled: bool,
    begin: SqlStr,
    begin_impatient: SqlStr,
    begin_patient: SqlStr,
    begin_snapshot: SqlStr,
}

impl Pool {
    /// At most so many connections to the database at this place.
    pub(crate) async fn connect(
        location: &Location,
        max_connections: u32,
    ) -> Result<Self, sqlx::Error> {
        let pool = Self::connect_later(location, max_connections);
        // Says at once what is wrong.
        drop(pool.connections.acquire().await?);
        Ok(pool)
    }

    /// The same, to a database that need not be there yet.
    pub(crate) fn connect_later(location: &Location, max_connections: u32) -> Self {
        let watch = Arc::new(Watch::new(location));
        let options = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false);
        let connections = watched(options, &watch).connect_lazy_with(location.for_requests());
        Self {
            kept: Arc::default(),
            connections,
            watch,
            is_pooled: location.is_pooled(),
            begin: location.begin("BEGIN"),
            begin_impatient: location.begin("BEGIN; SET LOCAL lock_timeout = '20ms'"),
            begin_patient: location.begin("BEGIN; SET LOCAL lock_timeout = '2s'"),
            begin_snapshot: location.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        }
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
        self.connections.num_idle() + self.kept.len()
    }

    /// Closes those that nobody uses, and the others when they come back, which takes a moment at most: a
    /// pool that is not closed asks them whether they are still good, of a database that may be gone.
    pub(crate) async fn close(&self) {
        self.kept.close();
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, self.connections.close()).await;
    }

    /// Begins a transaction, which is rolled back when it is dropped.
    pub(crate) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        self.begin_with(&self.begin).await
    }

    /// The same, which fails where it would have to wait for a lock for more than a moment.
    pub(crate) async fn begin_impatient(&self) -> Result<Transaction, sqlx::Error> {
        self.begin_with(&self.begin_impatient).await
    }

    /// The same, which waits longer than the database takes to find a deadlock.
    pub(crate) async fn begin_patient(&self) -> Result<Transaction, sqlx::Error> {
        self.begin_with(&self.begin_patient).await
    }

    /// A transaction that sees everything as of now.
    pub(crate) async fn begin_snapshot(&self) -> Result<Transaction, sqlx::Error> {
        self.begin_with(&self.begin_snapshot).await
    }

    /// In a task of its own, which goes on when the caller has gone: the connection would have to be
    /// closed, since nobody would know whether it is in a transaction.
    async fn begin_with(&self, begin: &SqlStr) -> Result<Transaction, sqlx::Error> {
        let (pool, begin) = (self.clone(), begin.clone());
        let beginning = tokio::spawn(async move { pool.lend().await?.begin(begin).await });
        let transaction = beginning.unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed));
        self.watch.unless_away(transaction).await
    }

    async fn lend(&self) -> Result<Session, sqlx::Error> {
        let waits = match self.kept.take() {
            Ok(session) => return Ok(session),
            Err(waits) => waits,
        };
        let connection = self.connections.acquire().await?;
        drop(waits);
        let (watch, kept) = (Arc::clone(&self.watch), Arc::downgrade(&self.kept));
        Ok(Session::new(connection, watch, kept, !self.is_pooled))
    }

    /// Runs one statement, through a pooler in a transaction of its own.
    async fn run<'q, E>(&self, query: E) -> Result<Vec<Either<PgQueryResult, PgRow>>, sqlx::Error>
    where
        E: 'q + Execute<'q, Postgres>,
    {
        if self.is_pooled {
            let mut transaction = self.begin().await?;
            let results = transaction.fetch_many(query).try_collect().await?;
            transaction.commit().await?;
            return Ok(results);
        }
        let mut session = self.watch.unless_away(self.lend()).await?;
        let results = session.fetch_many(query).try_collect().await?;
        session.give_back();
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

/// Connections that may be broken are not lent, and those that come back are thrown away: the answer
/// that they wait for may never come.
fn watched(options: PgPoolOptions, watch: &Arc<Watch>) -> PgPoolOptions {
    let (lending, returning) = (Arc::clone(watch), Arc::clone(watch));
    options
        .before_acquire(move |connection, about| {
            let watch = Arc::clone(&lending);
            Box::pin(async move { Ok(watch.is_good(connection, &about).await) })
        })
        .after_release(move |_, about| Box::pin(future::ready(returning.check_age(&about))))
}
