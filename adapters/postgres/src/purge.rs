//! Removing what is older than the retention.

use syncline_application::ports::PurgeReport;

use crate::{
    measures,
    pool::Pool,
    rows::{number, signed},
    standby::LONGEST_LAG,
    store::LONGEST_TRANSACTION,
};

/// How many rows are removed at once, so that no push waits long.
const BATCH: i64 = 2_000;

/// So long a token may be shown after it was issued, in milliseconds: 7 days, and one to be sure.
const LONGEST_SESSION: i64 = 8 * 24 * 60 * 60 * 1000;

/// Moves the horizon first: from then on nobody counts on what is about to go. What is removed is
/// older than the horizon by the longest transaction, since a row is visible only after the
/// transaction that wrote it, and by as much as a standby may be behind.
pub(crate) async fn purge(pool: &Pool, retention_millis: u64) -> Result<PurgeReport, sqlx::Error> {
    let present: i64 =
        sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
            .fetch_one(pool)
            .await?;
    let horizon = present.saturating_sub(signed(retention_millis));
    sqlx::query(include_str!("sql/move_horizon.sql"))
        .bind(as_millis(horizon))
        .execute(pool)
        .await?;
    let longest = LONGEST_TRANSACTION + LONGEST_LAG;
    let longest = i64::try_from(longest.as_millis()).unwrap_or(i64::MAX);
    let before = horizon.saturating_sub(longest);
    in_batches(pool, include_str!("sql/purge_codes.sql"), present).await?;
    in_batches(pool, include_str!("sql/purge_resets.sql"), before).await?;
    let expired = before.min(present.saturating_sub(LONGEST_SESSION));
    in_batches(
        pool,
        include_str!("sql/purge_deleted_accounts.sql"),
        expired,
    )
    .await?;
    let report = PurgeReport {
        tombstones: in_batches(pool, include_str!("sql/purge_tombstones.sql"), before).await?,
        versions: in_batches(pool, include_str!("sql/purge_versions.sql"), before).await?,
        pushes: in_batches(pool, include_str!("sql/purge_pushes.sql"), before).await?,
        routes: in_batches(pool, include_str!("sql/purge_routes.sql"), before).await?
            + in_batches(pool, include_str!("sql/purge_memberships.sql"), before).await?,
    };
    measures::purged(&report, as_millis(present), as_millis(horizon));
    Ok(report)
}

async fn in_batches(pool: &Pool, statement: &'static str, before: i64) -> Result<u64, sqlx::Error> {
    let mut removed = 0;
    loop {
        let batch = sqlx::query(statement)
            .bind(as_millis(before))
            .bind(BATCH)
            .execute(pool)
            .await?;
        removed += batch.rows_affected();
        if batch.rows_affected() < number(BATCH) {
            return Ok(removed);
        }
    }
}

/// PostgreSQL's `to_timestamp` takes a double.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of our time fit a double"
)]
fn as_millis(millis: i64) -> f64 {
    millis as f64
}
