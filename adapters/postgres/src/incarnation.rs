//! The lives of a database. See ADR 0003.

use sqlx::{Connection, PgConnection, Postgres, Transaction};

/// The transaction that every row is given at the beginning of a life: the first normal one, which
/// every snapshot has seen.
const EVERYONES_TRANSACTION: &str = "3";

/// Begins a new incarnation if the database does not look as it did when its present one began.
pub(crate) async fn begin_if_changed(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    if present(connection).await?.is_some() {
        return Ok(());
    }
    begin_unless(connection, None).await
}

/// Begins a new incarnation, unless another caller has begun one since `observed`.
pub(crate) async fn begin_after(
    connection: &mut PgConnection,
    observed: uuid::Uuid,
) -> Result<(), sqlx::Error> {
    begin_unless(connection, Some(observed)).await
}

async fn begin_unless(
    connection: &mut PgConnection,
    observed: Option<uuid::Uuid>,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    lock(&mut transaction).await?;
    let present = present(&mut transaction).await?;
    if present.is_some() && present != observed {
        return transaction.rollback().await;
    }
    forget_transactions(&mut transaction).await?;
    sqlx::query(
        "INSERT INTO incarnations (fingerprint, issued_until) \
         SELECT fingerprint, (SELECT max(revision) FROM documents) FROM database_fingerprint",
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

async fn present(connection: &mut PgConnection) -> Result<Option<uuid::Uuid>, sqlx::Error> {
    sqlx::query_scalar("SELECT incarnation_id FROM database_state")
        .fetch_one(connection)
        .await
}

/// Waits until nobody writes, and keeps it so: what is written from now on belongs to the new life.
async fn lock(transaction: &mut Transaction<'_, Postgres>) -> Result<(), sqlx::Error> {
    sqlx::query("SET LOCAL statement_timeout = 0")
        .execute(&mut **transaction)
        .await?;
    sqlx::query(
        "LOCK TABLE incarnations, documents, document_versions, document_pushes, memberships, \
         routes, reader_resets IN EXCLUSIVE MODE",
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Ids of another life would be unseen for ever, or seen though they were not.
async fn forget_transactions(
    transaction: &mut Transaction<'_, Postgres>,
) -> Result<(), sqlx::Error> {
    sqlx::query("SET LOCAL syncline.renewing = 'on'")
        .execute(&mut **transaction)
        .await?;
    for table in [
        "UPDATE documents SET tx = $1::text::xid8",
        "UPDATE document_versions SET tx = $1::text::xid8",
        "UPDATE document_pushes SET tx = $1::text::xid8",
        "UPDATE memberships SET tx = $1::text::xid8",
        "UPDATE reader_resets SET tx = $1::text::xid8",
        "UPDATE routes SET tx = $1::text::xid8, opened_tx = $1::text::xid8",
    ] {
        sqlx::query(table)
            .bind(EVERYONES_TRANSACTION)
            .execute(&mut **transaction)
            .await?;
    }
    sqlx::query("SET LOCAL syncline.renewing = 'off'")
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
