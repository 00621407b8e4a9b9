//! Import: an export comes back, as edits that merge with what is there.
//!
//! Each document is pushed with the revisions that it had, like the edit of a device that knows of
//! nothing. So what is there already stays as it is, what is gone comes back, and where both differ
//! the later edit wins, field by field. Importing the same again changes nothing.

mod entry;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use syncline_domain::identifier::{CollectionName, UserId};

use crate::{
    access::{AccessError, AccessService},
    ports::{Session, StoreError},
    sync::{Outcome, Rejection, RejectionCode, SyncError, SyncService},
};

use entry::ExportedEntry;

/// Documents by application and collection.
type Documents = BTreeMap<String, BTreeMap<String, Vec<Value>>>;

/// The body of `POST /account/import`: what `GET /account/export` gave.
#[derive(Debug, Deserialize)]
pub struct ImportBody {
    docs: Documents,
    #[serde(default, rename = "docIndex")]
    entries: Vec<ExportedEntry>,
}

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
    pub conflicts: Vec<Value>,
    /// The documents that cannot be stored.
    pub rejected: Vec<ImportRejection>,
}

/// Why a document, or a whole collection, is not imported.
#[derive(Debug, Serialize)]
pub struct ImportRejection {
    /// The application.
    pub app: String,
    /// The collection.
    pub collection: String,
    /// Why.
    #[serde(flatten)]
    pub rejection: Rejection,
}

/// Imports what was exported.
pub struct ImportService {
    sync: Arc<SyncService>,
    access: Arc<AccessService>,
}

impl ImportService {
    /// Puts the service together.
    #[must_use]
    pub fn new(sync: Arc<SyncService>, access: Arc<AccessService>) -> Self {
        Self { sync, access }
    }

    /// Imports into the caller's own namespace, whosever export it was. What cannot be stored is
    /// reported and holds up nothing else.
    ///
    /// # Errors
    /// [`SyncError`] of the store; what was stored before it stays, and importing again goes on.
    pub async fn import(
        &self,
        caller: &Session,
        body: ImportBody,
    ) -> Result<ImportReport, SyncError> {
        let mut report = ImportReport::default();
        for (application, collections) in body.docs {
            for (collection, documents) in collections {
                let place = Place {
                    application: &application,
                    collection: &collection,
                };
                self.import_collection(caller, &place, documents, &mut report)
                    .await?;
            }
        }
        for entry in body.entries {
            self.import_entry(&caller.user_id, entry, &mut report)
                .await?;
        }
        Ok(report)
    }

    /// Only what was said of nobody's readers yet: who has said something since meant it.
    async fn import_entry(
        &self,
        caller: &UserId,
        entry: ExportedEntry,
        report: &mut ImportReport,
    ) -> Result<(), StoreError> {
        let Some(change) = entry.change(caller) else {
            return Ok(());
        };
        match self.access.say_first(&entry.query(caller), &change).await {
            Ok(is_said) => report.entries += usize::from(is_said),
            Err(AccessError::Store(error)) => return Err(error),
            Err(error) => report.rejected.push(entry.refuse(&error)),
        }
        Ok(())
    }

    async fn import_collection(
        &self,
        caller: &Session,
        place: &Place<'_>,
        documents: Vec<Value>,
        report: &mut ImportReport,
    ) -> Result<(), SyncError> {
        let Ok(name) = CollectionName::new(place.collection) else {
            let rule = "this is no name of a collection; rename it in the file";
            report
                .rejected
                .push(place.refuse(RejectionCode::BadRequest, rule));
            return Ok(());
        };
        let Ok(scope) = self
            .sync
            .scope(&caller.user_id, None, place.application, name)
        else {
            let rule = "there is no such application on this server; ask its operator";
            report
                .rejected
                .push(place.refuse(RejectionCode::NotFound, rule));
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
            report.add(place, begin, stored);
            begin += count;
        }
    }
}

impl ImportReport {
    fn add(&mut self, place: &Place<'_>, begin: usize, outcome: Outcome) {
        self.imported += outcome.stored;
        self.unchanged += outcome.unchanged;
        self.merged += outcome.merged;
        self.conflicts.extend(outcome.conflicts);
        let rejected = outcome.rejected.into_iter();
        self.rejected
            .extend(rejected.map(|rejection| place.rejection(begin, rejection)));
    }
}

/// A collection in the file.
struct Place<'a> {
    application: &'a str,
    collection: &'a str,
}

impl Place<'_> {
    /// Nothing of the collection can be stored.
    fn refuse(&self, code: RejectionCode, rule: &str) -> ImportRejection {
        let error = format!("docs.{}.{}: {rule}", self.application, self.collection);
        self.named(Rejection {
            key: None,
            owner: None,
            code,
            error,
            details: Vec::new(),
            server_time: None,
        })
    }

    /// A document of a batch that begins with the one at `begin` cannot be stored. The sentence
    /// names its place in the batch, and is to name the place in the file.
    fn rejection(&self, begin: usize, mut rejection: Rejection) -> ImportRejection {
        let place = rejection.error.strip_prefix("changes[");
        let place = place.and_then(|place| place.split_once(']'));
        if let Some((Ok(index), rest)) = place.map(|(index, rest)| (index.parse::<usize>(), rest)) {
            let (application, collection) = (self.application, self.collection);
            let index = begin + index;
            rejection.error = format!("docs.{application}.{collection}[{index}]{rest}");
        }
        self.named(rejection)
    }

    fn named(&self, rejection: Rejection) -> ImportRejection {
        ImportRejection {
            app: self.application.to_owned(),
            collection: self.collection.to_owned(),
            rejection,
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

    use super::{Place, change};
    use crate::sync::{Rejection, RejectionCode};

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

    #[test]
    fn a_rejection_names_the_place_in_the_file() {
        let place = Place {
            application: "todo",
            collection: "notes",
        };
        let rejected = |error: &str| {
            let rejection = Rejection {
                owner: None,
                key: None,
                code: RejectionCode::BadRequest,
                error: error.to_owned(),
                details: Vec::new(),
                server_time: None,
            };
            place.rejection(1_000, rejection).rejection.error
        };
        assert_eq!(
            rejected("changes[2].key: it is missing"),
            "docs.todo.notes[1002].key: it is missing"
        );
        assert_eq!(
            rejected("Schema validation failed"),
            "Schema validation failed"
        );
    }
}
