//! The cluster of the server under test, and the baseline's tables in it.

use std::path::Path;

use serde::Serialize;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection,
    postgres::{PgConnectOptions, PgSslMode},
};

use crate::{BenchError, cases::Amounts, document::Document, library::SHARED};

/// Role and database of the server's own cluster.
pub(crate) const NAME: &str = "syncline";

/// A connection to the cluster.
pub(crate) struct Database {
    connection: PgConnection,
}

/// What the figures depend on.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    /// The version of PostgreSQL.
    pub version: String,
    /// `fsync`
    pub fsync: String,
    /// `synchronous_commit`
    pub synchronous_commit: String,
    /// `shared_buffers`
    pub shared_buffers: String,
}

impl Database {
    /// Connects through the socket in `folder`.
    pub(crate) async fn connect(folder: &Path) -> Result<Self, BenchError> {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(folder)
            .port(5432)
            .ssl_mode(PgSslMode::Disable)
            .username(NAME)
            .database(NAME);
        Ok(Self {
            connection: options.connect().await?,
        })
    }

    /// Creates the baseline's tables with as many rows as the server has, all of them `document`.
    pub(crate) async fn fill(
        &mut self,
        amounts: Amounts,
        document: &Document,
    ) -> Result<(), BenchError> {
        sqlx::raw_sql(include_str!("../sql/schema.sql"))
            .execute(&mut self.connection)
            .await?;
        let count = i64::try_from;
        sqlx::query(include_str!("../sql/fill_namespaces.sql"))
            .bind(count(amounts.users)?)
            .execute(&mut self.connection)
            .await?;
        let tables = [
            (
                include_str!("../sql/fill_documents.sql"),
                amounts.users,
                amounts.documents,
            ),
            (
                include_str!("../sql/fill_changes.sql"),
                amounts.large,
                amounts.changed,
            ),
        ];
        for (statement, first, second) in tables {
            sqlx::query(statement)
                .bind(count(first)?)
                .bind(count(second)?)
                .bind(document.revision())
                .bind(document.field_revisions())
                .bind(document.content())
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    /// Gives the server a collection of so many documents, of which a user has some and is shown
    /// others.
    pub(crate) async fn fill_library(&mut self, documents: u64) -> Result<(), BenchError> {
        let statements = [
            (
                include_str!("../sql/fill_library.sql"),
                i64::try_from(documents)?,
            ),
            (
                include_str!("../sql/share_library.sql"),
                i64::try_from(SHARED)?,
            ),
        ];
        for (statement, count) in statements {
            sqlx::query(statement)
                .bind(count)
                .execute(&mut self.connection)
                .await?;
        }
        sqlx::raw_sql(include_str!("../sql/library.sql"))
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Brings the tables of both into the state that they have after a while of running.
    pub(crate) async fn settle(&mut self) -> Result<(), BenchError> {
        for statement in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
            sqlx::query(statement).execute(&mut self.connection).await?;
        }
        Ok(())
    }

    /// What the figures depend on. A cluster that could lose a commit is an error.
    pub(crate) async fn settings(&mut self) -> Result<Settings, BenchError> {
        let settings = Settings {
            version: self.setting("server_version").await?,
            fsync: self.setting("fsync").await?,
            synchronous_commit: self.setting("synchronous_commit").await?,
            shared_buffers: self.setting("shared_buffers").await?,
        };
        if settings.fsync == "on" && settings.synchronous_commit == "on" {
            return Ok(settings);
        }
        Err("the cluster could lose commits: figures would mean nothing".into())
    }

    async fn setting(&mut self, name: &'static str) -> Result<String, BenchError> {
        let statement = AssertSqlSafe(format!("SHOW {name}"));
        Ok(sqlx::query_scalar(statement)
            .fetch_one(&mut self.connection)
            .await?)
    }

    /// Where the programs of this version of PostgreSQL are.
    pub(crate) async fn programs(&mut self) -> Result<String, BenchError> {
        let statement = "SELECT setting FROM pg_config WHERE name = 'BINDIR'";
        Ok(sqlx::query_scalar(statement)
            .fetch_one(&mut self.connection)
            .await?)
    }

    /// Disconnects.
    pub(crate) async fn close(self) -> Result<(), BenchError> {
        Ok(self.connection.close().await?)
    }
}
