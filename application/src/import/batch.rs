//! Documents of lines that are stored together.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use syncline_domain::identifier::CollectionName;

use super::{ImportRejection, entry::ExportedEntry, line, line::ExportedLine, place::index_of};
use crate::sync::Rejection;

/// So many bytes of lines are stored at once, if there is more than one. A push takes some twenty
/// times the memory of its documents, and an import is to fit 64 MiB.
const MOST_BYTES: usize = 512 * 1024;

/// What was read and is not stored yet.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) groups: BTreeMap<(String, CollectionName), Group>,
    /// The entries of the documents, each with its line.
    pub(super) entries: Vec<(u64, ExportedEntry)>,
    documents: usize,
    bytes: usize,
}

/// Documents of one collection.
#[derive(Default)]
pub(super) struct Group {
    pub(super) changes: Vec<Value>,
    /// The line of each.
    pub(super) lines: Vec<u64>,
    by_key: HashMap<String, u64>,
}

impl Batch {
    /// Whether it has as many documents as are stored at once.
    pub(super) fn is_full(&self, most_documents: usize) -> bool {
        self.documents >= most_documents || self.bytes >= MOST_BYTES
    }

    /// Whether it has this document already: no two versions of one are stored at once.
    pub(super) fn has(&self, document: &ExportedLine) -> bool {
        let place = (document.application.clone(), document.collection.clone());
        let group = self.groups.get(&place);
        group.is_some_and(|group| {
            key(&document.change).is_some_and(|key| group.by_key.contains_key(key))
        })
    }

    /// Adds the document of a line that has so many bytes. What is wrong with its entry is no
    /// reason to leave out the document.
    ///
    /// # Errors
    /// The rule that the entry breaks.
    pub(super) fn add(
        &mut self,
        number: u64,
        bytes: usize,
        document: ExportedLine,
    ) -> Result<(), String> {
        let ExportedLine {
            application,
            collection,
            change,
            entry,
        } = document;
        let key = key(&change).unwrap_or_default().to_owned();
        let entry = entry.map(|entry| line::entry(entry, &application, &collection, &key));
        let group = self.groups.entry((application, collection)).or_default();
        group.changes.push(change);
        group.lines.push(number);
        group.by_key.insert(key, number);
        self.documents += 1;
        self.bytes += bytes;
        if let Some(entry) = entry.transpose()? {
            self.entries.push((number, entry));
        }
        Ok(())
    }
}

impl Group {
    /// A document that cannot be stored. The sentence names its place in the batch, and is to name
    /// its line.
    pub(super) fn rejection(
        &self,
        application: &str,
        collection: &CollectionName,
        mut rejection: Rejection,
    ) -> ImportRejection {
        let by_key = || self.by_key.get(rejection.key.as_ref()?).copied();
        let place = index_of(&rejection);
        let line = match place {
            Some((index, _)) => self.lines.get(index).copied(),
            None => by_key(),
        };
        if let Some(line) = line {
            let rest = place.map_or(rejection.error.as_str(), |(_, rest)| rest);
            rejection.error = format!("line {line}: {}", rest.trim_start_matches('.'));
        }
        ImportRejection {
            line,
            app: Some(application.to_owned()),
            collection: Some(collection.to_string()),
            rejection,
        }
    }
}

fn key(change: &Value) -> Option<&str> {
    change.get("key")?.as_str()
}
