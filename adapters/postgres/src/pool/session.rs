use std::{fmt::Debug, ops::DerefMut};

use futures::{future::BoxFuture, stream::BoxStream};
use sqlx::{
    Describe, Either, Execute, Executor, PgConnection, Postgres, SqlStr,
    postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};

use super::statement::Statement;

/// A connection for several statements, which knows whether statements may be kept on it.
#[derive(Debug)]
pub(crate) struct Session<C> {
    connection: C,
    keeps_statements: bool,
}

/// A transaction, which is rolled back when it is dropped.
pub(crate) type Transaction = Session<sqlx::Transaction<'static, Postgres>>;

impl<C> Session<C> {
    pub(super) fn new(connection: C, keeps_statements: bool) -> Self {
        Self {
            connection,
            keeps_statements,
        }
    }

    /// What it was made of.
    pub(crate) fn into_inner(self) -> C {
        self.connection
    }
}

impl<C: DerefMut<Target = PgConnection>> Session<C> {
    /// The connection itself, for what is no statement with parameters.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl Transaction {
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.connection.commit().await
    }
}

impl<'c, C> Executor<'c> for &'c mut Session<C>
where
    C: DerefMut<Target = PgConnection> + Debug + Send,
{
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
        self.connection.fetch_many(statement)
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
        self.connection.fetch_optional(statement)
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
