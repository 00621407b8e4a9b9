//! Documents as CSV, which PostgreSQL itself writes with `COPY`.

use futures::TryStreamExt;
use syncline_application::ports::{ExportInterrupted, ExportSink, MAX_COLUMNS, StoreError};

use crate::{
    error::store_error,
    pool::Transaction,
    rows::{column, number},
};

/// How many bytes are handed on at once.
const PIECE_BYTES: usize = 64 * 1024;

/// The statements of a table.
pub(super) struct Table {
    /// How many columns it has.
    pub(super) columns: u64,
    header: String,
    rows: String,
}

impl Table {
    /// A column for each path of the documents of a collection. Beyond [`MAX_COLUMNS`] they are only
    /// counted.
    pub(super) async fn of_paths(
        connection: &mut Transaction,
        namespace: Option<i64>,
        application: &str,
        collection: &str,
    ) -> Result<Self, StoreError> {
        let row = sqlx::query(include_str!("../sql/export_columns.sql"))
            .bind(namespace)
            .bind(application)
            .bind(collection)
            .bind(i64::try_from(MAX_COLUMNS).unwrap_or(i64::MAX))
            .fetch_one(connection)
            .await
            .map_err(store_error)?;
        Ok(Self {
            columns: number(column(&row, "columns")?),
            header: column(&row, "header")?,
            rows: column(&row, "rows")?,
        })
    }

    /// A row for each document, with its fields as JSON.
    pub(super) fn of_texts() -> Self {
        Self {
            columns: 1,
            header: include_str!("../sql/export_table_header.sql").to_owned(),
            rows: include_str!("../sql/export_table.sql").to_owned(),
        }
    }

    /// Writes the header and the rows.
    pub(super) async fn copy(
        &self,
        connection: &mut Transaction,
        sink: &mut dyn ExportSink,
    ) -> Result<(), ExportInterrupted> {
        let header = copy(connection, &self.header, sink, 0);
        header.await?;
        copy(connection, &self.rows, sink, 1).await
    }
}

/// Each message of a copy is a row, which stands for so many documents.
async fn copy(
    connection: &mut Transaction,
    statement: &str,
    sink: &mut dyn ExportSink,
    documents_per_row: u64,
) -> Result<(), ExportInterrupted> {
    let mut rows = connection.copy_out(statement).await.map_err(store_error)?;
    let (mut piece, mut documents) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await.map_err(store_error)? {
        piece.extend_from_slice(row.as_ref());
        documents += documents_per_row;
        if piece.len() >= PIECE_BYTES {
            sink.take(std::mem::take(&mut piece), documents).await?;
            documents = 0;
        }
    }
    Ok(sink.take(piece, documents).await?)
}
