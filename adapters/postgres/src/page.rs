//! Pages of changes, read in one statement.

pub(crate) mod columns;
pub(crate) mod look;
pub(crate) mod shared;

use std::num::ParseIntError;

use sqlx::postgres::PgRow;
use syncline_application::ports::{Page, PageQuery, Position, StoreError};
use syncline_domain::{
    identifier::DocumentKey,
    snapshot::{Snapshot, SnapshotError, TransactionId},
};

use crate::{
    error::{corrupt, store_error},
    pool::Pool,
    rows,
};
use columns::PageColumns;

/// The most bytes of reports that were not heard, unless one push has more.
const REPORT_BYTES: i64 = 4 * 1024 * 1024;

/// How the text of a snapshot is understood.
type ReadSnapshot = fn(&str) -> Result<Snapshot, SnapshotError>;

/// Reads a page for each query; none if the database is not what it was and has to begin a new
/// incarnation.
pub(crate) async fn read(
    pool: &Pool,
    queries: &[PageQuery],
) -> Result<Option<Vec<Page>>, StoreError> {
    read_with(pool, queries, str::parse).await
}

/// The same from a standby.
pub(crate) async fn read_standby(
    pool: &Pool,
    queries: &[PageQuery],
) -> Result<Option<Vec<Page>>, StoreError> {
    read_with(pool, queries, Snapshot::of_standby).await
}

async fn read_with(
    pool: &Pool,
    queries: &[PageQuery],
    read_snapshot: ReadSnapshot,
) -> Result<Option<Vec<Page>>, StoreError> {
    let columns = PageColumns::of(queries);
    let rows = columns
        .bind(sqlx::query(include_str!("sql/page.sql")))
        .bind(REPORT_BYTES)
        .fetch_all(pool)
        .await
        .map_err(store_error)?;
    rows.iter().map(|row| page(row, read_snapshot)).collect()
}

fn page(row: &PgRow, read_snapshot: ReadSnapshot) -> Result<Option<Page>, StoreError> {
    let Some(state) = rows::state(row)? else {
        return Ok(None);
    };
    let snapshot: &str = rows::column(row, "snapshot")?;
    let documents: Option<String> = rows::column(row, "documents")?;
    let count = rows::number(rows::column(row, "count")?);
    let newest_document = rows::transaction(row, "newest_document")?;
    let reports = rows::json(row, "reports")?;
    Ok(Some(Page {
        state,
        is_member: rows::column(row, "is_member")?,
        snapshot: read_snapshot(snapshot).map_err(|error| corrupt("snapshot", error))?,
        next_transaction: rows::transaction(row, "next_transaction")?.unwrap_or_default(),
        newest: newest_document.max(rows::transaction(row, "newest_push")?),
        newest_route: rows::transaction(row, "newest_route")?,
        resets: resets(row)?,
        documents: documents.unwrap_or_default(),
        count: count.try_into().unwrap_or(u32::MAX),
        last: last(row)?,
        has_more: rows::column(row, "has_more")?,
        greatest_revision: rows::clock(row, "greatest_revision")?,
        reports: reports
            .and_then(|reports| reports.as_array().cloned())
            .unwrap_or_default(),
    }))
}

fn resets(row: &PgRow) -> Result<Vec<TransactionId>, StoreError> {
    let resets: Vec<String> = rows::column(row, "resets")?;
    let transactions = resets.iter().map(|transaction| transaction.parse());
    let transactions: Result<_, ParseIntError> = transactions.collect();
    transactions.map_err(|error| corrupt("reader_resets.tx", error))
}

fn last(row: &PgRow) -> Result<Option<Position>, StoreError> {
    let transaction = rows::transaction(row, "last_tx")?;
    let key: Option<&str> = rows::column(row, "last_key")?;
    let Some((transaction, key)) = transaction.zip(key) else {
        return Ok(None);
    };
    let key = DocumentKey::new(key).map_err(|error| corrupt("documents.key", error))?;
    Ok(Some(Position { transaction, key }))
}
