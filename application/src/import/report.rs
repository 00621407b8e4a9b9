//! What an import did.

use std::ops::Deref;

use serde::Serialize;
use serde_json::Value;

use crate::sync::{Outcome, Rejection};

/// So many conflicts, and so many documents that cannot be stored, are told of.
const MOST_LISTED: usize = 1_000;

/// So many bytes of JSON each kind has at most.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What an import did.
#[derive(Debug, Default, Serialize)]
pub struct ImportReport {
    /// How many documents are stored as they came.
    pub imported: usize,
    /// How many were so already.
    pub unchanged: usize,
    /// How many were merged with what is stored.
    pub merged: usize,
    /// Of how many documents the file said who may see them.
    pub entries: usize,
    /// The conflicts that this met.
    pub conflicts: Listed<Value>,
    /// The documents that cannot be stored.
    pub rejected: Listed<ImportRejection>,
    /// How many more there are of either than this lists.
    #[serde(skip_serializing_if = "is_zero")]
    pub unlisted: usize,
}

/// What is told one by one, up to a bound.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Listed<T> {
    items: Vec<T>,
    /// How long they are as JSON.
    #[serde(skip)]
    bytes: usize,
}

/// Why something of a file is not imported.
#[derive(Debug, Serialize)]
pub struct ImportRejection {
    /// Its line, of a file with a document a line; the first one has the number 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The application, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The collection, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// Why.
    #[serde(flatten)]
    pub rejection: Rejection,
}

impl ImportReport {
    /// Adds what became of some documents.
    pub(super) fn add(&mut self, outcome: Outcome, named: impl Fn(Rejection) -> ImportRejection) {
        self.imported += outcome.stored;
        self.unchanged += outcome.unchanged;
        self.merged += outcome.merged;
        for conflict in outcome.conflicts {
            self.unlisted += usize::from(!self.conflicts.add(conflict));
        }
        for rejection in outcome.rejected {
            self.reject(named(rejection));
        }
    }

    /// Adds what cannot be stored.
    pub(super) fn reject(&mut self, rejection: ImportRejection) {
        self.unlisted += usize::from(!self.rejected.add(rejection));
    }
}

impl<T: Serialize> Listed<T> {
    /// Lists one more, if there is room for it.
    fn add(&mut self, item: T) -> bool {
        let bytes = serde_json::to_vec(&item).map_or(0, |text| text.len());
        let has_room = self.items.len() < MOST_LISTED && self.bytes + bytes <= MOST_BYTES;
        if has_room {
            self.bytes += bytes;
            self.items.push(item);
        }
        has_room
    }
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            bytes: 0,
        }
    }
}

impl<T> Deref for Listed<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ImportReport, MOST_BYTES, MOST_LISTED};
    use crate::sync::Outcome;

    fn report(conflict: &str, count: usize) -> ImportReport {
        let mut report = ImportReport::default();
        let outcome = Outcome {
            conflicts: vec![json!(conflict); count],
            ..Outcome::default()
        };
        report.add(outcome, |_| unreachable!("nothing was rejected"));
        report
    }

    #[test]
    fn a_report_stays_small_however_much_there_is_to_tell() {
        let many = report("x", MOST_LISTED + 2);
        assert_eq!((many.conflicts.len(), many.unlisted), (MOST_LISTED, 2));
        let large = report(&"x".repeat(MOST_BYTES / 3), 3);
        assert_eq!((large.conflicts.len(), large.unlisted), (2, 1));
    }
}
