//! The words of documents, kept so that the next search need not find them again.
//!
//! Pushes pay nothing for text search: the searches themselves bring the words up to date, a batch
//! in each transaction, and so does only who searches texts.

use sqlx::{Postgres, QueryBuilder};
use syncline_application::ports::{SearchQuery, SearchStoreError};
use tokio::time::Instant;

use super::{begin, search_error, visible};
use crate::{PostgresStore, error::store_error};

/// So many documents are brought up to date at once. A push to one of them waits until it is done.
const BATCH: i64 = 500;

/// So many bytes of documents, if there is more than one.
const BATCH_BYTES: i64 = 512 * 1024;

/// Brings the words of all documents up to date that the search may look at, or of as many as it
/// comes to until `end`.
pub(super) async fn refresh(
    store: &PostgresStore,
    query: &SearchQuery,
    end: Instant,
) -> Result<(), SearchStoreError> {
    let mut done = String::new();
    while Instant::now() < end {
        match refresh_batch(store, query, &done, end).await? {
            Some(key) => done = key,
            None => break,
        }
    }
    Ok(())
}

/// The last key of a batch of documents behind the key `done`; none if all behind it are up to
/// date.
async fn refresh_batch(
    store: &PostgresStore,
    query: &SearchQuery,
    done: &str,
    end: Instant,
) -> Result<Option<String>, SearchStoreError> {
    let mut transaction = begin(store, end).await?;
    let last = statement(query, done)
        .build_query_scalar()
        .persistent(false)
        .fetch_one(&mut transaction)
        .await
        .map_err(search_error)?;
    transaction.commit().await.map_err(store_error)?;
    Ok(last)
}

/// Documents that somebody is writing are left out; the others are locked, so that none is deleted
/// for good while its words are written down.
fn statement(query: &SearchQuery, done: &str) -> QueryBuilder<Postgres> {
    let mut builder = QueryBuilder::new("WITH ");
    visible::push(&mut builder, query);
    builder.push(
        ", stale AS (
            SELECT visible.namespace_id, visible.application, visible.collection, visible.key,
                visible.bytes
            FROM visible
            -- LIMIT keeps the planner from joining what it takes for empty in a worse way.
            LEFT JOIN LATERAL (
                SELECT TRUE AS is_fresh
                FROM document_terms
                WHERE namespace_id = visible.namespace_id
                  AND application = visible.application
                  AND collection = visible.collection
                  AND key = visible.key
                  AND revision = visible.revision
                  AND configuration = ",
    );
    builder.push_bind(query.configuration.to_string());
    builder.push(" LIMIT 1) AS kept ON TRUE WHERE kept.is_fresh IS NULL AND visible.key > ");
    builder.push_bind(done.to_owned());
    builder.push(" ORDER BY visible.key LIMIT ");
    builder.push_bind(BATCH);
    builder.push(
        "), batch AS (
            SELECT *
            FROM (SELECT *, sum(bytes) OVER (ORDER BY key, namespace_id) AS total FROM stale) AS stale
            WHERE total - bytes < ",
    );
    builder.push_bind(BATCH_BYTES);
    builder.push(
        "), locked AS MATERIALIZED (
            SELECT documents.*
            FROM batch
            JOIN documents USING (namespace_id, application, collection, key)
            WHERE NOT documents.deleted
            ORDER BY namespace_id, application, collection, key
            FOR KEY SHARE OF documents SKIP LOCKED
        ), kept AS (
            INSERT INTO document_terms AS kept (
                namespace_id, application, collection, key, revision, configuration, terms
            )
            SELECT namespace_id, application, collection, key, revision, ",
    );
    builder.push_bind(query.configuration.to_string());
    builder.push(", text_terms(");
    builder.push_bind(query.configuration.to_string());
    builder.push(
        "::text::regconfig, content)
            FROM locked
            ON CONFLICT (namespace_id, application, collection, key) DO UPDATE
            SET revision = excluded.revision,
                configuration = excluded.configuration,
                terms = excluded.terms
        )
        SELECT max(key) FROM batch",
    );
    builder
}
