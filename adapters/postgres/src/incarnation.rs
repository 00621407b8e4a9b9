//! The lives of a database. See ADR 0003 and ADR 0017.
//!
//! Everything here happens in a transaction of the caller's, and too seldom for statements to be
//! kept.

use sqlx::{Connection, PgConnection};
use syncline_application::ports::Incarnation;

use crate::{
    location::Location,
    migrations::{MigrationError, connect_migrated},
};

/// What gives the greatest transaction that every snapshot has seen which is taken from now on.
const SEEN_BY_ALL: &str =
    "SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text";

/// A life of the database that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Its number; a later life has a higher one.
    pub ordinal: i64,
    /// When its newest document was stored, in UTC; none if it has no document.
    pub newest: Option<String>,
}

/// Begins a new incarnation whatever the database looks like, for an operator who knows that its
/// files are those of an earlier moment. It is migrated first. Waits for whoever writes.
///
/// # Errors
/// [`MigrationError`]; then no incarnation has begun.
pub async fn renew_incarnation(location: impl Into<Location>) -> Result<Renewal, MigrationError> {
    let location = location.into();
    let mut connection = connect_migrated(&location).await?;
    let renewal = renew(&mut connection).await;
    let renewal = renewal.map_err(MigrationError::prepare(&location))?;
    let closed = connection.close().await;
    closed.map_err(MigrationError::prepare(&location))?;
    Ok(renewal)
}

async fn renew(connection: &mut PgConnection) -> Result<Renewal, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    lock(&mut transaction).await?;
    let renewal = begin(&mut transaction).await?;
    transaction.commit().await?;
    Ok(renewal)
}

/// Begins a new incarnation if the database does not look as it did when its present one began.
pub(crate) async fn begin_if_changed(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    if present(transaction).await?.is_some() {
        return Ok(());
    }
    begin_unless(transaction, None).await
}

/// Begins a new incarnation, unless another caller has begun one since `observed`.
pub(crate) async fn begin_after(
    transaction: &mut PgConnection,
    observed: Incarnation,
) -> Result<(), sqlx::Error> {
    begin_unless(transaction, Some(uuid::Uuid::from_bytes(observed.0))).await
}

async fn begin_unless(
    transaction: &mut PgConnection,
    observed: Option<uuid::Uuid>,
) -> Result<(), sqlx::Error> {
    lock(transaction).await?;
    let present = present(transaction).await?;
    if present.is_some() && present != observed {
        return Ok(());
    }
    begin(transaction).await?;
    Ok(())
}

/// Begins a new incarnation. Nobody else writes meanwhile.
async fn begin(transaction: &mut PgConnection) -> Result<Renewal, sqlx::Error> {
    lower_transactions(transaction).await?;
    let begun = sqlx::query_as(include_str!("sql/begin_incarnation.sql"));
    let (ordinal, newest) = begun.persistent(false).fetch_one(transaction).await?;
    Ok(Renewal { ordinal, newest })
}

async fn present(transaction: &mut PgConnection) -> Result<Option<uuid::Uuid>, sqlx::Error> {
    sqlx::query_scalar("SELECT incarnation_id FROM database_state")
        .persistent(false)
        .fetch_one(transaction)
        .await
}

/// Waits until nobody writes, and keeps it so: what is written from now on belongs to the new life.
async fn lock(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    run(transaction, "SET LOCAL statement_timeout = 0").await?;
    run(
        transaction,
        "LOCK TABLE incarnations, documents, document_versions, document_pushes, memberships, \
         routes, reader_resets, deleted_accounts IN EXCLUSIVE MODE",
    )
    .await
}

/// Lowers what some snapshot of the new life might not have seen to what all have: it would be unseen
/// for ever, or seen though it was not. Everything else, which is nearly all unless it comes from
/// another cluster, is left as it is.
async fn lower_transactions(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    let seen_by_all: String = sqlx::query_scalar(SEEN_BY_ALL)
        .persistent(false)
        .fetch_one(&mut *transaction)
        .await?;
    run(transaction, "SET LOCAL syncline.renewing = 'on'").await?;
    for table in [
        "UPDATE documents SET tx = $1::text::xid8 WHERE tx > $1::text::xid8",
        // Pages of this life are read after all that gave way in earlier ones, whatever the clock
        // of another machine said then: on no page were those versions.
        "UPDATE document_versions \
         SET tx = least(tx, $1::text::xid8), \
             superseded_at = least(superseded_at, clock_timestamp()) \
         WHERE tx > $1::text::xid8 OR superseded_at > clock_timestamp()",
        "UPDATE document_pushes SET tx = $1::text::xid8 WHERE tx > $1::text::xid8",
        "UPDATE memberships SET tx = $1::text::xid8, left_snapshot = NULL \
         WHERE tx > $1::text::xid8",
        "UPDATE reader_resets SET tx = $1::text::xid8 WHERE tx > $1::text::xid8",
        "UPDATE deleted_accounts SET tx = $1::text::xid8 WHERE tx > $1::text::xid8",
        "UPDATE routes \
         SET tx = least(tx, $1::text::xid8), \
             opened_tx = least(opened_tx, $1::text::xid8), \
             first_opened_tx = least(first_opened_tx, $1::text::xid8) \
         WHERE greatest(tx, opened_tx) > $1::text::xid8",
    ] {
        sqlx::query(table)
            .persistent(false)
            .bind(&seen_by_all)
            .execute(&mut *transaction)
            .await?;
    }
    run(transaction, "SET LOCAL syncline.renewing = 'off'").await
}

async fn run(transaction: &mut PgConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    let statement = sqlx::query(statement).persistent(false);
    statement.execute(transaction).await?;
    Ok(())
}
