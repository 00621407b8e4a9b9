//! One page of changes, read in one statement.

use sqlx::{PgPool, postgres::PgRow};
use syncline_application::ports::{Page, PageQuery, Position, ReportsFor, StoreError};
use syncline_domain::identifier::DocumentKey;

use crate::{
    error::{corrupt, store_error},
    rows,
};

/// How much JSON a page holds, if it has more than one document.
const MAX_BYTES: i64 = 4 * 1024 * 1024;

/// Reads a page; none if the database is not what it was and has to begin a new incarnation.
pub(crate) async fn read(pool: &PgPool, query: &PageQuery) -> Result<Option<Page>, StoreError> {
    let scope = &query.scope;
    let seen = &query.seen;
    let paging = seen.paging.as_ref();
    let (position, position_key) = paging.map_or(("0".to_owned(), ""), |(_, last)| {
        (last.transaction.to_string(), last.key.as_str())
    });
    let (without_transactions, without_keys): (Vec<String>, Vec<&str>) = query
        .without
        .iter()
        .map(|position| (position.transaction.to_string(), position.key.as_str()))
        .unzip();
    let (device, report_keys, report_nodes) = report_columns(&query.reports);
    let row = sqlx::query(include_str!("sql/page.sql"))
        .bind(scope.owner.as_str())
        .bind(scope.application.as_str())
        .bind(scope.collection.as_str())
        .bind(seen.begin.to_string())
        .bind(seen.begin.first_unseen().to_string())
        .bind(seen.own.map(|own| own.to_string()))
        .bind(query.later_than.as_ref().map(ToString::to_string))
        .bind(paging.map(|(end, _)| end.to_string()))
        .bind(position)
        .bind(position_key)
        .bind(query.tombstones)
        .bind(i64::from(query.limit))
        .bind(MAX_BYTES)
        .bind(without_transactions)
        .bind(without_keys)
        .bind(device)
        .bind(report_keys)
        .bind(report_nodes)
        .bind(query.own.map(|own| own.to_string()))
        .fetch_one(pool)
        .await
        .map_err(store_error)?;
    page(&row)
}

fn report_columns(reports: &ReportsFor) -> (Option<&str>, Vec<&str>, Vec<&str>) {
    match reports {
        ReportsFor::Nobody => (None, Vec::new(), Vec::new()),
        ReportsFor::Device(node) => (Some(node.as_str()), Vec::new(), Vec::new()),
        ReportsFor::Pushes(pushes) => {
            let (keys, nodes) = pushes
                .iter()
                .map(|(key, node)| (key.as_str(), node.as_str()))
                .unzip();
            (None, keys, nodes)
        }
    }
}

fn page(row: &PgRow) -> Result<Option<Page>, StoreError> {
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
        snapshot: snapshot
            .parse()
            .map_err(|error| corrupt("snapshot", error))?,
        next_transaction: rows::transaction(row, "next_transaction")?.unwrap_or_default(),
        newest: newest_document.max(rows::transaction(row, "newest_push")?),
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

fn last(row: &PgRow) -> Result<Option<Position>, StoreError> {
    let key: Option<&str> = rows::column(row, "last_key")?;
    let key = key.map(DocumentKey::new).transpose();
    let key = key.map_err(|error| corrupt("documents.key", error))?;
    let transaction = rows::transaction(row, "last_tx")?;
    Ok(transaction
        .zip(key)
        .map(|(transaction, key)| Position { transaction, key }))
}
