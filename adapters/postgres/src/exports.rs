//! Exports: one snapshot on one connection, read page by page or copied as a table.

mod table;

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use syncline_application::ports::{
    ExportInterrupted, ExportItem, ExportPart, ExportSink, ExportSnapshot, Exports, StoreError,
};
use syncline_domain::{access::Namespace, identifier::UserId, organisation::Role};

use crate::{
    PostgresStore,
    error::{corrupt, store_error},
    organisations::role,
    pool::Transaction,
    rows::{column, namespace},
};
use table::Table;

/// How many documents a page holds at most, and how much JSON, if it has more than one.
const PAGE_DOCUMENTS: i64 = 500;
const PAGE_BYTES: i64 = 1024 * 1024;

/// How long one statement of an export may take: a table is one, at the pace of whoever takes it.
const LONGEST_STATEMENT: Duration = Duration::from_mins(30);

#[async_trait]
impl Exports for PostgresStore {
    async fn open(
        &self,
        owner: &Namespace,
        part: &ExportPart,
    ) -> Result<Option<Box<dyn ExportSnapshot>>, StoreError> {
        let connection = self.pool().begin_snapshot().await.map_err(store_error)?;
        let mut snapshot = PostgresSnapshot {
            connection: Some(connection),
            owner: owner.clone(),
            namespace: None,
            part: part.clone(),
            table: None,
        };
        snapshot.begin().await?;
        let is_missing =
            snapshot.namespace.is_none() && matches!(owner, Namespace::Organisation(_));
        if is_missing {
            Box::new(snapshot).close().await?;
            return Ok(None);
        }
        Ok(Some(Box::new(snapshot)))
    }
}

/// A transaction that sees everything as of when it began.
struct PostgresSnapshot {
    /// None when it has ended.
    connection: Option<Transaction>,
    owner: Namespace,
    /// None if the user has written nothing yet.
    namespace: Option<i64>,
    part: ExportPart,
    table: Option<Table>,
}

impl Drop for PostgresSnapshot {
    /// Who goes amid a table leaves a connection that is still sending: it is closed, and the pool
    /// opens another in its place.
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close();
        }
    }
}

impl PostgresSnapshot {
    async fn begin(&mut self) -> Result<(), StoreError> {
        let (kind, owner) = namespace(&self.owner);
        let (application, collection) = self.names();
        let connection = connection(&mut self.connection)?;
        self.namespace = sqlx::query_scalar(include_str!("sql/find_namespace.sql"))
            .bind(kind)
            .bind(owner)
            .fetch_optional(&mut *connection)
            .await
            .map_err(store_error)?;
        sqlx::query(include_str!("sql/export_settings.sql"))
            .bind(self.namespace)
            .bind(application)
            .bind(collection)
            .bind(LONGEST_STATEMENT.as_millis().to_string())
            .execute(&mut *connection)
            .await
            .map_err(store_error)?;
        connection.limit_time(Some(LONGEST_STATEMENT));
        Ok(())
    }

    /// The application and the collection that are asked for.
    fn names(&self) -> (Option<String>, Option<String>) {
        let ExportPart {
            application,
            collection,
        } = &self.part;
        (
            application.as_ref().map(ToString::to_string),
            collection.as_ref().map(ToString::to_string),
        )
    }

    async fn page(
        &mut self,
        statement: &'static str,
        last: Option<&ExportItem>,
    ) -> Result<Vec<ExportItem>, StoreError> {
        let (application, collection) = self.names();
        let rows = sqlx::query(statement)
            .bind(self.namespace)
            .bind(application)
            .bind(collection)
            .bind(last.map_or("", |last| &last.application))
            .bind(last.map_or("", |last| &last.collection))
            .bind(last.map_or("", |last| &last.key))
            .bind(PAGE_DOCUMENTS)
            .bind(PAGE_BYTES)
            .fetch_all(connection(&mut self.connection)?)
            .await
            .map_err(store_error)?;
        rows.iter().map(item).collect()
    }
}

#[async_trait]
impl ExportSnapshot for PostgresSnapshot {
    async fn owner(&mut self) -> Result<String, StoreError> {
        let (_, owner) = namespace(&self.owner);
        let statement = match &self.owner {
            Namespace::Personal(_) => include_str!("sql/export_user.sql"),
            Namespace::Organisation(_) => include_str!("sql/export_organisation.sql"),
        };
        sqlx::query_scalar(statement)
            .bind(owner)
            .fetch_one(connection(&mut self.connection)?)
            .await
            .map_err(store_error)
    }

    async fn role(&mut self, user: &UserId) -> Result<Option<Role>, StoreError> {
        let found: Option<String> = sqlx::query_scalar(include_str!("sql/export_role.sql"))
            .bind(self.namespace)
            .bind(user.as_str())
            .fetch_optional(connection(&mut self.connection)?)
            .await
            .map_err(store_error)?;
        found.as_deref().map(role).transpose()
    }

    async fn members(&mut self) -> Result<String, StoreError> {
        sqlx::query_scalar(include_str!("sql/export_members.sql"))
            .bind(self.namespace)
            .fetch_one(connection(&mut self.connection)?)
            .await
            .map_err(store_error)
    }

    async fn documents(
        &mut self,
        last: Option<&ExportItem>,
    ) -> Result<Vec<ExportItem>, StoreError> {
        self.page(include_str!("sql/export_documents.sql"), last)
            .await
    }

    async fn lines(&mut self, last: Option<&ExportItem>) -> Result<Vec<ExportItem>, StoreError> {
        self.page(include_str!("sql/export_lines.sql"), last).await
    }

    async fn entries(&mut self, last: Option<&ExportItem>) -> Result<Vec<ExportItem>, StoreError> {
        self.page(include_str!("sql/export_entries.sql"), last)
            .await
    }

    async fn columns(&mut self) -> Result<u64, StoreError> {
        let (application, collection) = self.names();
        let connection = connection(&mut self.connection)?;
        let table = match application.zip(collection) {
            Some((application, collection)) => {
                Table::of_paths(connection, self.namespace, &application, &collection).await?
            }
            None => Table::of_texts(),
        };
        let columns = table.columns;
        self.table = Some(table);
        Ok(columns)
    }

    async fn table(&mut self, sink: &mut dyn ExportSink) -> Result<(), ExportInterrupted> {
        if self.table.is_none() {
            self.columns().await?;
        }
        let connection = connection(&mut self.connection)?;
        match &self.table {
            Some(table) => table.copy(connection, sink).await,
            None => Ok(()),
        }
    }

    async fn close(mut self: Box<Self>) -> Result<(), StoreError> {
        match self.connection.take() {
            Some(connection) => connection.commit().await.map_err(store_error),
            None => Ok(()),
        }
    }
}

/// The connection, until the snapshot has ended.
fn connection(connection: &mut Option<Transaction>) -> Result<&mut Transaction, StoreError> {
    let connection = connection.as_mut();
    connection.ok_or_else(|| corrupt("export", "it has ended"))
}

fn item(row: &PgRow) -> Result<ExportItem, StoreError> {
    Ok(ExportItem {
        application: column(row, "application")?,
        collection: column(row, "collection")?,
        key: column(row, "key")?,
        text: column(row, "text")?,
    })
}
