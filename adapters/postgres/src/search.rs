//! Searches, each one statement that is built from its filter.
//!
//! | module | what it writes |
//! |---|---|
//! | `visible` | which documents the caller may see: the only place that decides it |
//! | `condition` | the filter as a condition that is true or false, never null |
//! | `order` | the order, and what comes behind a position in it |
//! | `statement` | the whole |
//! | `terms` | the words of documents, kept for the next search |
//!
//! Every value of a request is bound. What is written into a statement is its own text and numbers
//! that the builder counts.

mod condition;
mod order;
mod statement;
mod terms;
mod visible;

use async_trait::async_trait;
use sqlx::{Row, error::DatabaseError};
use syncline_application::ports::{
    Found, SearchPosition, SearchQuery, SearchStoreError, Searches, StoreError,
};
use syncline_domain::identifier::TextConfiguration;
use tokio::time::Instant;

use crate::{
    PostgresStore, error::store_error, pool::Transaction, rows, store::LONGEST_TRANSACTION,
};
use statement::Statement;

/// A statement that took longer than it may.
const CANCELLED: &str = "57014";

impl PostgresStore {
    /// Whether texts can be divided into words by this configuration.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_text_configuration(
        &self,
        name: &TextConfiguration,
    ) -> Result<bool, StoreError> {
        sqlx::query_scalar(include_str!("sql/has_text_configuration.sql"))
            .bind(name.as_str())
            .fetch_one(self.pool())
            .await
            .map_err(store_error)
    }

    /// How PostgreSQL goes about a search, as it tells after running it.
    ///
    /// # Errors
    /// [`SearchStoreError`].
    pub async fn explain_search(&self, query: &SearchQuery) -> Result<String, SearchStoreError> {
        let mut transaction = begin(self, Instant::now() + query.time).await?;
        let lines = Statement::explaining(query)
            .build()
            .persistent(false)
            .fetch_all(&mut transaction)
            .await
            .map_err(search_error)?;
        let lines: Result<Vec<String>, _> = lines.iter().map(|row| row.try_get(0)).collect();
        Ok(lines.map_err(store_error)?.join("\n"))
    }
}

#[async_trait]
impl Searches for PostgresStore {
    async fn search(&self, query: &SearchQuery) -> Result<Found, SearchStoreError> {
        let end = Instant::now() + query.time;
        if statement::needs_terms(query) {
            // What it does not come to is left to the statement, which then takes longer.
            terms::refresh(self, query, end).await?;
        }
        let mut transaction = begin(self, end).await?;
        let row = Statement::of(query)
            .build()
            .persistent(false)
            .fetch_one(&mut transaction)
            .await
            .map_err(search_error)?;
        let has_space: bool = rows::column(&row, "has_space")?;
        if query.organisation.is_some() && !has_space {
            return Err(SearchStoreError::NotAMember);
        }
        let documents: Option<String> = rows::column(&row, "documents")?;
        let last: Option<Vec<String>> = rows::column(&row, "last")?;
        let total: Option<i64> = rows::column(&row, "total")?;
        Ok(Found {
            documents: documents.unwrap_or_default(),
            last: last.map(SearchPosition),
            total: total.map(rows::number),
        })
    }
}

/// A transaction each of whose statements may take until `end`.
async fn begin(store: &PostgresStore, end: Instant) -> Result<Transaction, SearchStoreError> {
    let mut transaction = store.pool().begin().await.map_err(store_error)?;
    let time = end.saturating_duration_since(Instant::now());
    transaction.limit_time(Some(time.max(LONGEST_TRANSACTION)));
    // Zero would be no limit at all.
    let millis = time.as_millis().max(1).to_string();
    sqlx::query(include_str!("sql/begin_search.sql"))
        .bind(millis)
        .execute(&mut transaction)
        .await
        .map_err(store_error)?;
    Ok(transaction)
}

fn search_error(error: sqlx::Error) -> SearchStoreError {
    let code = error.as_database_error().and_then(DatabaseError::code);
    if code.is_some_and(|code| code == CANCELLED) {
        return SearchStoreError::TooSlow;
    }
    store_error(error).into()
}
