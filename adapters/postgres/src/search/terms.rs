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
    while Instant::now() < end && refresh_batch(store, query, end).await? > 0 {}
    Ok(())
}

/// How many were brought up to date. Documents that somebody is writing are left out; the others are
/// locked, so that none is deleted for good while its words are written down.
async fn refresh_batch(
    store: &PostgresStore,
    query: &SearchQuery,
    end: Instant,
) -> Result<i64, SearchStoreError> {
    let mut transaction = begin(store, end).await?;
    let count = statement(query)
        .build_query_scalar()
        .persistent(false)
        .fetch_one(&mut *transaction)
        .await
        .map_err(search_error)?;
    transaction.commit().await.map_err(store_error)?;
    Ok(count)
}

fn statement(query: &SearchQuery) -> QueryBuilder<Postgres> {
    let mut builder = QueryBuilder::<Postgres>::new("WITH ");
    visible::push(&mut builder, query);
    builder.push(
        ", stale AS (
            SELECT visible.namespace_id, visible.application, visible.collection, visible.key,
                visible.bytes
            FROM visible
            LEFT JOIN document_terms AS kept
                USING (namespace_id, application, collection, key)
            WHERE kept.revision IS DISTINCT FROM visible.revision
               OR kept.configuration IS DISTINCT FROM ",
    );
    builder.push_bind(query.configuration.to_string());
    builder.push(" LIMIT ");
    builder.push_bind(BATCH);
    builder.push(
        "), batch AS (
            SELECT *, sum(bytes) OVER (ROWS UNBOUNDED PRECEDING) - bytes AS bytes_before FROM stale
        ), locked AS MATERIALIZED (
            SELECT documents.*
            FROM batch
            JOIN documents USING (namespace_id, application, collection, key)
            WHERE NOT documents.deleted AND batch.bytes_before < ",
    );
    builder.push_bind(BATCH_BYTES);
    builder.push(
        " ORDER BY namespace_id, application, collection, key
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
        SELECT count(*) FROM locked",
    );
    builder
}
