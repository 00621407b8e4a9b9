//! Reports of conflicts that wait for the application.

use rusqlite::{Transaction, params};

use super::Database;
use crate::{
    store::{error::StoreError, scope::Scope},
    wire::ReportedConflict,
};

/// So many wait while nobody listens, and those of the last answer: the oldest go when there are
/// more.
const MOST: i64 = 10_000;

/// A report of a conflict that the application has not heard of yet.
pub(in crate::store) struct StoredReport {
    pub(in crate::store) number: i64,
    pub(in crate::store) scope: Scope,
    pub(in crate::store) conflict: ReportedConflict,
}

impl Database {
    /// The first reports after this number, at most so many.
    pub(in crate::store) fn reports(
        &self,
        after: i64,
        limit: i64,
    ) -> Result<Vec<StoredReport>, StoreError> {
        let rows = self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, collection, organisation, report \
                 FROM reports JOIN scopes USING (scope_id) \
                 WHERE number > ?1 ORDER BY number LIMIT ?2",
            )?;
            let rows = statement.query_map(params![after, limit], |row| {
                let scope = Scope::of(row.get(1)?, row.get(2)?)?;
                Ok((row.get(0)?, scope, row.get::<_, String>(3)?))
            })?;
            rows.collect::<Result<Vec<_>, _>>()
        })?;
        let report = |(number, scope, text): (i64, Scope, String)| {
            Ok(StoredReport {
                number,
                scope,
                conflict: serde_json::from_str(&text)?,
            })
        };
        rows.into_iter().map(report).collect()
    }

    /// Forgets the reports that everybody who listens has heard.
    pub(in crate::store) fn forget_heard(&self) -> Result<(), StoreError> {
        let done = self.audience.done();
        self.change(|transaction| {
            transaction
                .prepare_cached("DELETE FROM reports WHERE number <= ?1")?
                .execute([done])?;
            Ok(())
        })
    }
}

/// Adds the reports of an answer. What is there already and nobody listens to may have to go.
pub(super) fn add(
    transaction: &Transaction<'_>,
    scope_id: i64,
    reports: &[String],
    is_heard: bool,
) -> rusqlite::Result<()> {
    if !is_heard {
        transaction
            .prepare_cached(
                "DELETE FROM reports WHERE number <= \
                 (SELECT number FROM reports ORDER BY number DESC LIMIT 1 OFFSET ?1)",
            )?
            .execute([MOST])?;
    }
    for report in reports {
        transaction
            .prepare_cached("INSERT INTO reports (scope_id, report) VALUES (?1, ?2)")?
            .execute(params![scope_id, report])?;
    }
    Ok(())
}
