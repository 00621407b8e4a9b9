//! The cluster of the server under test, and the baseline's tables in it.

use std::{ops::RangeInclusive, path::Path, time::Duration};

use serde::Serialize;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio::time::Instant;

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

/// How much there is, in bytes.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Sizes {
    /// Written to the log since the cluster was made.
    pub log: i64,
    /// In the tables of a schema.
    pub tables: i64,
    /// In their indexes.
    pub indexes: i64,
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

    /// Lets borrowers edit what lenders have.
    pub(crate) async fn lend(&mut self) -> Result<(), BenchError> {
        sqlx::raw_sql(include_str!("../sql/lend.sql"))
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Founds an organisation with so many members.
    pub(crate) async fn found(&mut self, id: &str, members: usize) -> Result<(), BenchError> {
        sqlx::query(include_str!("../sql/organisation.sql"))
            .bind(id)
            .bind(i64::try_from(members)?)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Gives the server so many users without documents, and the one with the large collection.
    pub(crate) async fn add_users(&mut self, users: u32) -> Result<(), BenchError> {
        sqlx::query(include_str!("../sql/grow_users.sql"))
            .bind(i64::from(users))
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Gives `users` (0 is the one with the large collection) the documents of these numbers.
    pub(crate) async fn add_documents(
        &mut self,
        users: RangeInclusive<u32>,
        numbers: RangeInclusive<u32>,
        collection: &str,
        document: &Document,
    ) -> Result<(), BenchError> {
        sqlx::raw_sql("SET syncline.renewing = 'on'")
            .execute(&mut self.connection)
            .await?;
        let mut query = sqlx::query(include_str!("../sql/grow_documents.sql"));
        for number in [users.start(), users.end(), numbers.start(), numbers.end()] {
            query = query.bind(i64::from(*number));
        }
        query
            .bind(collection)
            .bind(document.revision())
            .bind(document.field_revisions())
            .bind(document.content())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Does what a new incarnation does to documents of this cluster, and gives how long it took.
    pub(crate) async fn renew(&mut self) -> Result<Duration, BenchError> {
        let seen_by_all: String = sqlx::query_scalar(
            "SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text",
        )
        .fetch_one(&mut self.connection)
        .await?;
        self.lower(&seen_by_all).await
    }

    /// The same, as if all of them came from another cluster.
    pub(crate) async fn renew_foreign(&mut self) -> Result<Duration, BenchError> {
        self.lower("2").await
    }

    async fn lower(&mut self, seen_by_all: &str) -> Result<Duration, BenchError> {
        let begun = Instant::now();
        sqlx::query(include_str!("../sql/renew.sql"))
            .bind(seen_by_all)
            .execute(&mut self.connection)
            .await?;
        Ok(begun.elapsed())
    }

    /// Stores documents of a user in the baseline's table, in one statement.
    pub(crate) async fn upsert(
        &mut self,
        user: i64,
        documents: &[Document],
    ) -> Result<(), BenchError> {
        let column = |read: fn(&Document) -> String| documents.iter().map(read).collect::<Vec<_>>();
        sqlx::query(include_str!("../sql/upsert.sql"))
            .bind(user)
            .bind(column(|document| document.key.clone()))
            .bind(column(|document| document.revision().to_owned()))
            .bind(column(Document::field_revisions))
            .bind(column(Document::content))
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// How much there is in the log, and in a schema.
    pub(crate) async fn sizes(&mut self, schema: &str) -> Result<Sizes, BenchError> {
        Ok(sqlx::query_as(include_str!("../sql/sizes.sql"))
            .bind(schema)
            .fetch_one(&mut self.connection)
            .await?)
    }

    /// Brings the tables of both into the state that they have after a while of running.
    pub(crate) async fn settle(&mut self) -> Result<(), BenchError> {
        for statement in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
            sqlx::query(statement).execute(&mut self.connection).await?;
        }
        Ok(())
    }

    /// Lets the database have so many sessions at once, after its next start.
    pub(crate) async fn allow_sessions(&mut self, most: u16) -> Result<(), BenchError> {
        let statement = AssertSqlSafe(format!("ALTER SYSTEM SET max_connections = {most}"));
        sqlx::raw_sql(statement)
            .execute(&mut self.connection)
            .await?;
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
