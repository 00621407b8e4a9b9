//! Looking what there is to read.

use sqlx::{Executor, Postgres, postgres::PgRow};
use syncline_application::ports::{Page, PageQuery, StoreError, Unread};
use syncline_domain::snapshot::{Snapshot, TransactionId};

use super::columns::PageColumns;
use crate::{
    error::{corrupt, store_error},
    rows,
};

/// What there is to read for each query. Nobody knows if the database is not what it was.
pub(crate) async fn look(
    executor: impl Executor<'_, Database = Postgres>,
    queries: &[PageQuery],
) -> Result<Vec<Unread>, StoreError> {
    let mut unread = vec![Unread::Something; queries.len()];
    let begins = |query: &PageQuery| query.seen.paging.is_none() && query.later_than.is_none();
    let asked = queries.iter().zip(&mut unread);
    let asked: Vec<_> = asked.filter(|(query, _)| begins(query)).collect();
    if asked.is_empty() {
        return Ok(unread);
    }
    let columns = PageColumns::of(asked.iter().map(|(query, _)| *query));
    let rows = columns
        .bind_for_look(sqlx::query(include_str!("../sql/look.sql")))
        .fetch_all(executor)
        .await
        .map_err(store_error)?;
    for ((query, place), row) in asked.into_iter().zip(&rows) {
        if let Some(page) = empty_page(query.own, row)? {
            *place = Unread::Nothing(Box::new(page));
        } else if rows::column(row, "has_much")? {
            *place = Unread::Much;
        }
    }
    Ok(unread)
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
    let snapshot: Snapshot = snapshot
        .parse()
        .map_err(|error| corrupt("snapshot", error))?;
    Ok(Some(Page {
        state,
        is_member: rows::column(row, "is_member")?,
        // To PostgreSQL one's own transaction is not in progress, though others of its unit of work wrote in it as well.
        snapshot: snapshot.before(own.unwrap_or(TransactionId::MAX)),
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
