use std::time::Duration;

use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, Postgres,
    error::DatabaseError,
    migrate::{MigrateError, Migrator},
    postgres::PgConnectOptions,
};
use tokio::time::timeout;

use crate::{
    ConnectError, announced::announced, incarnation, location::Location, version::check_version,
};

static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// The number of a migration that was applied, and the checksum of its text.
type Applied = (i64, Vec<u8>);

/// How long the database may take to let somebody in.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// What a role lacks which may not change the schema.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Why the database could not be brought to this program's schema.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database has migrations that this program does not know.
    #[error(
        "the database was migrated by a newer Syncline than this one (migration {0}); run that \
         version, or a later one"
    )]
    Newer(i64),
    /// The role may use the schema but not change it, and it has to be changed.
    #[error(
        "the database lacks migrations of this version of Syncline, and the role `{0}` may not \
         apply them; run `syncline migrate` as the owner of the schema, then start again"
    )]
    Forbidden(String),
    /// A migration failed.
    #[error("a migration failed: {0}")]
    Migrate(#[source] MigrateError),
    /// A statement around the migrations failed.
    #[error("cannot prepare the schema `{schema}`: {cause}")]
    Prepare {
        /// The schema.
        schema: String,
        /// What PostgreSQL said.
        #[source]
        cause: sqlx::Error,
    },
}

impl MigrationError {
    /// A statement around the migrations failed, at this place.
    pub(crate) fn prepare(location: &Location) -> impl Fn(sqlx::Error) -> Self {
        |cause| Self::Prepare {
            schema: location.schema().to_string(),
            cause,
        }
    }
}

/// Brings the database to this program's schema, if it is not there yet. Several servers may do so
/// at once: they take turns. A database that has every migration is not asked for more than a role
/// may do that reads and writes.
///
/// # Errors
/// [`MigrationError`]; migrations that were applied before it stay.
pub async fn migrate(location: impl Into<Location>) -> Result<(), MigrationError> {
    let location = location.into();
    let mut connection = connect_migrated(&location).await?;
    let beginning = begin_incarnation(&mut connection);
    let begun = announced("whoever writes to the database", beginning).await;
    begun.map_err(MigrationError::prepare(&location))?;
    let closed = connection.close().await;
    closed.map_err(MigrationError::prepare(&location))
}

/// A connection to the database, which has this program's schema.
pub(crate) async fn connect_migrated(location: &Location) -> Result<PgConnection, MigrationError> {
    let options = location.for_migrations();
    let mut connection = connect(&options).await?;
    check_version(&connection).map_err(ConnectError::from)?;
    let asking = applied(&mut connection);
    let applied = announced("the database to say what it has", asking).await;
    let applied = applied.map_err(MigrationError::prepare(location))?;
    if let Some(newer) = newer(&applied) {
        return Err(MigrationError::Newer(newer));
    }
    if !is_complete(&applied) {
        let applying = apply(&mut connection, location);
        let what = "migrations to be applied, perhaps those of another server first";
        let applied = announced(what, applying).await;
        applied.map_err(|error| forbidden(error, options.get_username()))?;
    }
    Ok(connection)
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, ConnectError> {
    let connecting = timeout(CONNECT_LIMIT, PgConnection::connect_with(options));
    match announced("the database to answer", connecting).await {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(ConnectError::Silent(CONNECT_LIMIT.as_secs())),
    }
}

async fn begin_incarnation(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    incarnation::begin_if_changed(&mut transaction).await?;
    transaction.commit().await
}

async fn apply(connection: &mut PgConnection, location: &Location) -> Result<(), MigrateError> {
    create_schema(connection, location).await?;
    MIGRATOR.run_direct(None, connection, false).await
}

/// A role without rights to change the schema is told who has them.
fn forbidden(error: MigrateError, role: &str) -> MigrationError {
    let cause = match &error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => Some(cause),
        _ => None,
    };
    let code = cause
        .and_then(sqlx::Error::as_database_error)
        .and_then(DatabaseError::code);
    match error {
        _ if code.as_deref() == Some(INSUFFICIENT_PRIVILEGE) => {
            MigrationError::Forbidden(role.to_owned())
        }
        MigrateError::VersionMissing(version) => MigrationError::Newer(version),
        error => MigrationError::Migrate(error),
    }
}

/// Whether every migration of this program has been applied, and no other.
pub(crate) async fn is_current(
    executor: impl Executor<'_, Database = Postgres>,
) -> Result<bool, sqlx::Error> {
    let applied = sqlx::query_as(include_str!("sql/applied_migrations.sql"));
    Ok(is_complete(&applied.fetch_all(executor).await?))
}

/// The migrations that were applied; none if there is no table of them.
async fn applied(connection: &mut PgConnection) -> Result<Vec<Applied>, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(Vec::new());
    }
    sqlx::query_as(include_str!("sql/applied_migrations.sql"))
        .fetch_all(connection)
        .await
}

fn is_complete(applied: &[Applied]) -> bool {
    let known = MIGRATOR.iter();
    let known = known.map(|migration| (migration.version, &*migration.checksum));
    applied
        .iter()
        .map(|(version, checksum)| (*version, checksum.as_slice()))
        .eq(known)
}

/// An applied migration that this program does not know.
fn newer(applied: &[Applied]) -> Option<i64> {
    let is_known = |version: i64| MIGRATOR.iter().any(|known| known.version == version);
    let mut versions = applied.iter().map(|(version, _)| *version);
    versions.find(|version| !is_known(*version))
}

/// `IF NOT EXISTS` still asks for the right to create schemas, which a role that was given its
/// schema does not need; and two servers that start at once may both find that it is missing.
async fn create_schema(
    connection: &mut PgConnection,
    location: &Location,
) -> Result<(), sqlx::Error> {
    let schema = location.schema();
    let exists: bool = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL")
        .bind(schema.as_str())
        .fetch_one(&mut *connection)
        .await?;
    if exists {
        return Ok(());
    }
    // A word of SQL, such as `order`, is a name between quotes only.
    let create = format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
    let created = sqlx::query(AssertSqlSafe(create)).execute(connection).await;
    match created {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(()),
        created => created.map(|_| ()),
    }
}
