//! Import: an export comes back, as edits that merge with what is there.
//!
//! Each document is pushed with the revisions that it had, like the edit of a device that knows of
//! nothing. So what is there already stays as it is, what is gone comes back unless it was deleted
//! later than it was edited, and where both differ the later edit wins, field by field. Importing the
//! same again changes nothing.
//!
//! | module | what it does |
//! |---|---|
//! | `line_import` | a file with a document a line, while it comes in |
//! | `lines`, `line`, `batch` | its lines, what stands in one, and those that are stored together |
//! | `entry` | an access entry |
//! | `place` | a place in the JSON object of an export |
//! | `report` | what was done |

mod batch;
mod entry;
mod line;
mod line_import;
mod lines;
mod place;
mod report;

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use syncline_domain::identifier::{CollectionName, UserId};

use crate::{
    access::{AccessError, AccessService},
    ports::{Session, StoreError},
    slots::Slots,
    sync::{RejectionCode, SyncError, SyncService},
};

use entry::ExportedEntry;
use place::Place;

pub use line_import::LineImport;
pub use report::{ImportRejection, ImportReport, Listed};

/// Documents by application and collection.
type Documents = BTreeMap<String, BTreeMap<String, Vec<Value>>>;

/// The body of `POST /account/import`: what `GET /account/export` gave.
#[derive(Debug, Deserialize)]
pub struct ImportBody {
    docs: Documents,
    #[serde(default, rename = "docIndex")]
    entries: Vec<ExportedEntry>,
}

/// What is said of a place in a file that names no application.
const NO_SUCH_APPLICATION: &str = "there is no such application on this server; ask its operator";

/// Why nothing is imported, or no more.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The caller has an import running.
    #[error("an import of yours is running; try again when it has ended")]
    Busy,
    /// The caller has a file coming in, or as many come in as may at once.
    #[error(
        "files are being imported, one of a user and four in all at most; try again when one has ended"
    )]
    BusyWithFiles,
    /// The store did not do its part.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

/// Imports what was exported.
pub struct ImportService {
    sync: Arc<SyncService>,
    access: Arc<AccessService>,
    running: Slots,
    /// Files come in for as long as their senders like.
    files: Slots,
}

impl ImportService {
    /// Puts the service together.
    #[must_use]
    pub fn new(sync: Arc<SyncService>, access: Arc<AccessService>) -> Self {
        Self {
            sync,
            access,
            running: Slots::of_each_user(),
            files: Slots::default(),
        }
    }

    /// Begins to import a file with a document a line, none of more than `most_bytes`, into the
    /// caller's own namespace, whosever export it was. What cannot be stored is reported and holds
    /// up nothing else.
    ///
    /// # Errors
    /// [`ImportError::BusyWithFiles`].
    pub fn lines(
        self: &Arc<Self>,
        caller: Session,
        most_bytes: usize,
    ) -> Result<LineImport, ImportError> {
        let slot = self.files.take(&caller.user_id);
        let slot = slot.ok_or(ImportError::BusyWithFiles)?;
        Ok(LineImport::new(Arc::clone(self), caller, most_bytes, slot))
    }

    /// Imports into the caller's own namespace, whosever export it was. What cannot be stored is
    /// reported and holds up nothing else. `progress` is called again and again while it gets on.
    ///
    /// # Errors
    /// [`ImportError`]; what was stored before it stays, and importing again goes on.
    pub async fn import(
        &self,
        caller: &Session,
        body: ImportBody,
        progress: impl Fn(),
    ) -> Result<ImportReport, ImportError> {
        let slot = self.running.take(&caller.user_id);
        let _slot = slot.ok_or(ImportError::Busy)?;
        let mut report = ImportReport::default();
        for (application, collections) in body.docs {
            for (collection, documents) in collections {
                let place = Place {
                    application: &application,
                    collection: &collection,
                };
                self.import_collection(caller, &place, documents, &mut report, &progress)
                    .await?;
            }
        }
        for entry in body.entries {
            self.import_entry(&caller.user_id, entry, &mut report)
                .await
                .map_err(SyncError::Store)?;
            progress();
        }
        Ok(report)
    }

    async fn import_entry(
        &self,
        caller: &UserId,
        entry: ExportedEntry,
        report: &mut ImportReport,
    ) -> Result<(), StoreError> {
        match self.say_entry(caller, &entry).await {
            Ok(is_said) => report.entries += usize::from(is_said),
            Err(AccessError::Store(error)) => return Err(error),
            Err(error) => report.reject(entry.refuse(&error)),
        }
        Ok(())
    }

    /// Says what an entry says unless something was said of the document's readers already: who has
    /// said something since meant it. Returns whether it was said.
    async fn say_entry(&self, caller: &UserId, entry: &ExportedEntry) -> Result<bool, AccessError> {
        match entry.change(caller) {
            Some(change) => self.access.say_first(&entry.query(caller), &change).await,
            None => Ok(false),
        }
    }

    async fn import_collection(
        &self,
        caller: &Session,
        place: &Place<'_>,
        documents: Vec<Value>,
        report: &mut ImportReport,
        progress: impl Fn(),
    ) -> Result<(), SyncError> {
        let Ok(name) = CollectionName::new(place.collection) else {
            let rule = "this is no name of a collection; rename it in the file";
            report.reject(place.refuse(RejectionCode::BadRequest, rule));
            return Ok(());
        };
        let Ok(scope) = self
            .sync
            .scope(&caller.user_id, None, place.application, name)
        else {
            report.reject(place.refuse(RejectionCode::NotFound, NO_SUCH_APPLICATION));
            return Ok(());
        };
        let mut documents = documents.into_iter();
        let mut begin = 0;
        loop {
            let batch = documents.by_ref().take(self.sync.most_changes());
            let changes: Vec<_> = batch.map(change).collect();
            if changes.is_empty() {
                return Ok(());
            }
            let count = changes.len();
            let stored = self
                .sync
                .store_valid(caller, scope.clone(), changes)
                .await?;
            report.add(stored, |rejection| place.rejection(begin, rejection));
            begin += count;
            progress();
        }
    }
}

/// An exported document as a change in the body of a sync. What is no document is left to be
/// refused there.
fn change(document: Value) -> Value {
    let Value::Object(mut members) = document else {
        return document;
    };
    let mut change = Map::new();
    for (member, name) in [("_key", "key"), ("_fieldRevs", "fieldRevs")] {
        if let Some(value) = members.remove(member) {
            change.insert(name.to_owned(), value);
        }
    }
    members.retain(|name, _| !name.starts_with('_'));
    change.insert("doc".to_owned(), json!(members));
    Value::Object(change)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::change;

    #[test]
    fn an_exported_document_is_the_change_that_made_it() {
        let document = json!({
            "_key": "1", "_rev": "r", "_fieldRevs": { "a": "r" }, "_later": 1, "a": { "_b": 1 },
        });
        let expected = json!({
            "key": "1", "fieldRevs": { "a": "r" }, "doc": { "a": { "_b": 1 } },
        });
        assert_eq!(change(document), expected);
        assert_eq!(change(json!([])), json!([]));
    }
}
