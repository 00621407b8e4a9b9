use sqlx::{
    Connection, PgConnection,
    migrate::{MigrateError, Migrator},
    postgres::PgConnectOptions,
};

use crate::{incarnation, store::SCHEMA, store::in_schema};

static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// Why the database could not be brought to this program's schema.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database cannot be reached.
    #[error("cannot reach the database: {0}")]
    Connect(#[source] sqlx::Error),
    /// The database has migrations that this program does not know.
    #[error(
        "the database was migrated by a newer Syncline than this one (migration {0}); run that \
         version, or a later one"
    )]
    Newer(i64),
    /// A migration failed.
    #[error("a migration failed: {0}")]
    Migrate(#[source] MigrateError),
    /// A statement around the migrations failed.
    #[error("cannot prepare the schema `{SCHEMA}`: {0}")]
    Prepare(#[source] sqlx::Error),
}

/// Brings the database to this program's schema. Several servers may do so at once: they take
/// turns.
///
/// # Errors
/// [`MigrationError`]; migrations that were applied before it stay.
pub async fn migrate(options: PgConnectOptions) -> Result<(), MigrationError> {
    let options = in_schema(options);
    let mut connection = PgConnection::connect_with(&options)
        .await
        .map_err(MigrationError::Connect)?;
    create_schema(&mut connection)
        .await
        .map_err(MigrationError::Prepare)?;
    MIGRATOR
        .run_direct(None, &mut connection, false)
        .await
        .map_err(|error| match error {
            MigrateError::VersionMissing(version) => MigrationError::Newer(version),
            error => MigrationError::Migrate(error),
        })?;
    incarnation::begin_if_changed(&mut connection)
        .await
        .map_err(MigrationError::Prepare)?;
    connection.close().await.map_err(MigrationError::Prepare)
}

/// Whether every migration of this program has been applied, and no other.
pub(crate) async fn is_current(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let applied: Vec<i64> =
        sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")
            .fetch_all(connection)
            .await?;
    Ok(applied
        .into_iter()
        .eq(MIGRATOR.iter().map(|migration| migration.version)))
}

/// `IF NOT EXISTS` still asks for the right to create schemas, which a role that was given its
/// schema does not need; and two servers that start at once may both find that it is missing.
async fn create_schema(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL")
        .bind(SCHEMA)
        .fetch_one(&mut *connection)
        .await?;
    if exists {
        return Ok(());
    }
    let created = sqlx::query("CREATE SCHEMA IF NOT EXISTS syncline")
        .execute(connection)
        .await;
    match created {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(()),
        created => created.map(|_| ()),
    }
}
