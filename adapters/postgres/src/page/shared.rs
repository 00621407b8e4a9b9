//! Pages of other users' documents.

use syncline_application::ports::{SharedPage, SharedPageQuery, SharedPosition, StoreError};
use syncline_domain::identifier::DocumentKey;

use super::last_place;
use crate::{error::store_error, pool::Pool, rows};

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
