//! Looking whether there is a page to read.

use sqlx::{Executor, Postgres, postgres::PgRow};
use syncline_application::ports::{Page, PageQuery, StoreError};
use syncline_domain::snapshot::TransactionId;

use super::columns::PageColumns;
use crate::{
    error::{corrupt, store_error},
    rows,
};

/// The empty page for each query whose caller has seen everything. None for the others, and for all
/// if the database is not what it was.
pub(crate) async fn look(
    executor: impl Executor<'_, Database = Postgres>,
    queries: &[PageQuery],
) -> Result<Vec<Option<Page>>, StoreError> {
    let mut pages = Vec::new();
    pages.resize_with(queries.len(), || None);
    let begins = |query: &PageQuery| query.seen.paging.is_none() && query.later_than.is_none();
    let asked = queries.iter().zip(&mut pages);
    let asked: Vec<_> = asked.filter(|(query, _)| begins(query)).collect();
    if asked.is_empty() {
        return Ok(pages);
    }
    let columns = PageColumns::of(asked.iter().map(|(query, _)| *query));
    let rows = columns
        .bind_for_look(sqlx::query(include_str!("../sql/look.sql")))
        .fetch_all(executor)
        .await
        .map_err(store_error)?;
    for ((query, place), row) in asked.into_iter().zip(&rows) {
        *place = empty_page(query.own, row)?;
    }
    Ok(pages)
}

/// The page of whoever has seen everything but its `own` transaction; none if there is more.
pub(crate) fn empty_page(
    own: Option<TransactionId>,
    row: &PgRow,
) -> Result<Option<Page>, StoreError> {
    let Some(state) = rows::state(row)? else {
        return Ok(None);
    };
    if rows::column(row, "has_news")? {
        return Ok(None);
    }
    let snapshot: &str = rows::column(row, "snapshot")?;
    Ok(Some(Page {
        state,
        is_member: rows::column(row, "is_member")?,
        snapshot: snapshot
            .parse()
            .map_err(|error| corrupt("snapshot", error))?,
        next_transaction: rows::transaction(row, "next_transaction")?.unwrap_or_default(),
        // Its own transaction may have written no document, but what it says of a push.
        newest: rows::transaction(row, "newest")?.max(own),
        newest_route: None,
        resets: Vec::new(),
        documents: String::new(),
        count: 0,
        last: None,
        has_more: false,
        greatest_revision: None,
        reports: Vec::new(),
    }))
}
