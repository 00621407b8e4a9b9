use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use futures::{FutureExt, Stream, StreamExt, future::BoxFuture, stream::BoxStream};
use sqlx::{
    Describe, Either, Execute, Executor, PgConnection, Postgres, SqlStr,
    pool::PoolConnection,
    postgres::{PgQueryResult, PgRow, PgStatement, PgTransactionManager, PgTypeInfo},
};
// Sqlx does not export the trait itself, without which nothing can be rolled back by hand.
use sqlx_core::transaction::TransactionManager;
use tokio::time::Instant;

use super::{
    kept::{Kept, LENT},
    statement::Statement,
    waiting::Waiting,
    watch::{LONG_IDLE, Watch},
};
use crate::store::LONGEST_TRANSACTION;

/// A connection that the pool has lent. Nobody waits on it for a database that is not there: neither
/// whoever uses it, nor the pool when it comes back.
#[derive(Debug)]
pub(crate) struct Session {
    connection: PoolConnection<Postgres>,
    watch: Arc<Watch>,
    kept: Weak<Kept>,
    lent_at: Instant,
    keeps_statements: bool,
    /// For how long the database runs one statement; none for as long as it takes.
    time_limit: Option<Duration>,
    end: End,
}

/// A session in a transaction, which is rolled back when it is dropped.
pub(crate) type Transaction = Session;

/// What a session ends with.
#[derive(Debug)]
enum End {
    Return,
    RollBack,
    Close,
}

impl Session {
    pub(super) fn new(
        connection: PoolConnection<Postgres>,
        watch: Arc<Watch>,
        kept: Weak<Kept>,
        keeps_statements: bool,
    ) -> Self {
        Self {
            connection,
            watch,
            kept,
            lent_at: Instant::now(),
            keeps_statements,
            time_limit: Some(LONGEST_TRANSACTION),
            end: End::Return,
        }
    }

    /// Begins a transaction.
    pub(super) async fn begin(mut self, statement: SqlStr) -> Result<Transaction, sqlx::Error> {
        // Until that is answered nobody knows whether there is one: not for the next whom it is lent.
        self.end = End::Close;
        let waiting = self.waiting();
        let begun = PgTransactionManager::begin(&mut self.connection, Some(statement));
        waiting.answer(begun).await?;
        self.end = End::RollBack;
        Ok(self)
    }

    /// Ends a transaction.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        let waiting = self.waiting();
        let committed = PgTransactionManager::commit(&mut self.connection);
        waiting.answer(committed).await?;
        self.end = End::Return;
        self.give_back();
        Ok(())
    }

    /// For whoever comes next: all that it was asked was answered, so that it is good.
    pub(super) fn give_back(mut self) {
        self.time_limit = Some(LONGEST_TRANSACTION);
        if self.is_to_be_lent()
            && let Some(kept) = self.kept.upgrade()
        {
            kept.give(self);
        }
    }

    /// Whether it may be lent once more before the pool looks at it.
    pub(super) fn is_to_be_lent(&self) -> bool {
        self.lent_at.elapsed() < LENT && !self.watch.is_broken_since(self.lent_at)
    }

    /// Whether one that was kept may be gone without a word. It was used a moment after it was lent.
    pub(super) fn was_idle_for_long(&self) -> bool {
        self.lent_at.elapsed() >= LONG_IDLE
    }

    /// Closes the connection, whatever it is doing.
    pub(crate) fn close(mut self) {
        self.end = End::Close;
    }

    /// Statements may take so long from now on, or as long as they need. The database is told as well.
    pub(crate) fn limit_time(&mut self, time_limit: Option<Duration>) {
        self.time_limit = time_limit;
    }

    /// Does several things on the connection itself, for which there is no limit while the database
    /// is there.
    pub(crate) async fn work<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let waiting = Waiting::new(&self.watch, None);
        waiting.answer(work(&mut self.connection)).await
    }

    /// What a `COPY ... TO STDOUT` gives, each message as it comes.
    pub(crate) async fn copy_out(
        &mut self,
        statement: &str,
    ) -> Result<impl Stream<Item = Result<impl AsRef<[u8]> + use<>, sqlx::Error>>, sqlx::Error>
    {
        let (beginning, waiting) = (self.waiting(), self.waiting());
        let copy = beginning
            .answer(self.connection.copy_out_raw(statement))
            .await?;
        Ok(waiting.answers(copy))
    }

    fn waiting(&self) -> Waiting {
        Waiting::new(&self.watch, self.time_limit)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        match self.end {
            End::Close => return self.connection.close_on_drop(),
            End::RollBack => PgTransactionManager::start_rollback(&mut self.connection),
            End::Return => {}
        }
        // The pool has it ask whether it is there. A statement that nobody waits for any more may
        // still run.
        let returned = self.connection.return_to_pool().map(Ok);
        tokio::spawn(self.waiting().answer(returned));
    }
}

impl<'c> Executor<'c> for &'c mut Session {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let statement = Statement::new(query, self.keeps_statements);
        let waiting = self.waiting();
        waiting
            .answers(self.connection.fetch_many(statement))
            .boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let statement = Statement::new(query, self.keeps_statements);
        let waiting = self.waiting();
        waiting
            .answer(self.connection.fetch_optional(statement))
            .boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.connection.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.connection.describe(sql)
    }
}
