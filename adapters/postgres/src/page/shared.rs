//! Pages of other users' documents.

use sqlx::postgres::PgRow;
use syncline_application::ports::{SharedPage, SharedPageQuery, SharedPosition, StoreError};
use syncline_domain::identifier::DocumentKey;

use crate::{
    error::{corrupt, store_error},
    pool::Pool,
    rows,
};

/// How many hexadecimal digits the last place of a page begins with; the rest is its key.
const PLACE_DIGITS: usize = 16;

/// Reads a page.
pub(crate) async fn read(pool: &Pool, query: &SharedPageQuery) -> Result<SharedPage, StoreError> {
    let owners: Vec<&str> = query
        .without
        .iter()
        .map(|(owner, _)| owner.as_str())
        .collect();
    let positions = query.without.iter().map(|(_, position)| position);
    let (keys, transactions): (Vec<&str>, Vec<String>) = positions
        .map(|position| (position.key.as_str(), position.transaction.to_string()))
        .unzip();
    let row = sqlx::query(include_str!("../sql/shared_page.sql"))
        .bind(query.reader.as_str())
        .bind(query.application.as_str())
        .bind(query.collection.as_str())
        .bind(query.begin.to_string())
        .bind(query.begin.first_unseen().to_string())
        .bind(query.end.to_string())
        .bind(rows::signed(query.after.namespace))
        .bind(query.after.key.as_ref().map_or("", DocumentKey::as_str))
        .bind(query.tombstones)
        .bind(query.own_keys_hide)
        .bind(query.everybody)
        .bind(i64::from(query.limit))
        .bind(i64::from(query.bytes))
        .bind(owners)
        .bind(keys)
        .bind(transactions)
        .fetch_one(pool)
        .await
        .map_err(store_error)?;
    let documents: Option<String> = rows::column(&row, "documents")?;
    let count = rows::number(rows::column(&row, "count")?);
    let last = last_place(&row)?;
    Ok(SharedPage {
        state: rows::state(&row)?,
        documents: documents.unwrap_or_default(),
        count: count.try_into().unwrap_or(u32::MAX),
        last: last.map(|(namespace, key)| SharedPosition {
            namespace,
            key: Some(key),
        }),
        has_more: rows::column(&row, "has_more")?,
        greatest_revision: rows::clock(&row, "greatest_revision")?,
    })
}

/// The last place of the page: the number of its namespace in so many digits, and its key.
fn last_place(row: &PgRow) -> Result<Option<(u64, DocumentKey)>, StoreError> {
    let Some(last) = rows::column::<Option<&str>>(row, "last")? else {
        return Ok(None);
    };
    let (number, key) = last
        .split_at_checked(PLACE_DIGITS)
        .ok_or_else(|| corrupt("last", "it is too short"))?;
    let number = u64::from_str_radix(number, 16).map_err(|error| corrupt("last", error))?;
    let key = DocumentKey::new(key).map_err(|error| corrupt("documents.key", error))?;
    Ok(Some((number, key)))
}
