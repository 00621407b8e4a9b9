//! The rows that carry transactions, and where they are.

use std::collections::BTreeSet;

use sqlx::PgConnection;

/// A row, as far as a new life may change it. One that is written anew is somewhere else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub(crate) struct Row {
    table: String,
    place: String,
    pub(crate) transaction: i64,
}

const ROWS: &str = r#"
    SELECT "table", place::text, transaction::text::bigint
    FROM (
        SELECT 'documents' AS "table", ctid AS place, tx AS transaction FROM documents
        UNION ALL SELECT 'document_versions', ctid, tx FROM document_versions
        UNION ALL SELECT 'document_pushes', ctid, tx FROM document_pushes
        UNION ALL SELECT 'memberships', ctid, tx FROM memberships
        UNION ALL SELECT 'routes', ctid, greatest(tx, opened_tx) FROM routes
        UNION ALL SELECT 'reader_resets', ctid, tx FROM reader_resets
        UNION ALL SELECT 'deleted_accounts', ctid, tx FROM deleted_accounts
    ) AS rows"#;

pub(crate) async fn rows(connection: &mut PgConnection) -> BTreeSet<Row> {
    let rows: Vec<Row> = sqlx::query_as(ROWS).fetch_all(connection).await.unwrap();
    rows.into_iter().collect()
}

/// The first transaction that some snapshot may not have seen which is taken from now on.
pub(crate) async fn first_unseen(connection: &mut PgConnection) -> i64 {
    let first = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    sqlx::query_scalar(first)
        .fetch_one(connection)
        .await
        .unwrap()
}
