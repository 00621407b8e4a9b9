//! The documents of a client, and which of them have changed since they were last written down.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::documents::Entry;
use crate::DocumentId;

/// Entries by the documents that they are of.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents {
    entries: BTreeMap<DocumentId, Entry>,
    /// Those that may have changed, where somebody asks for them.
    touched: Option<BTreeSet<DocumentId>>,
}

impl Documents {
    /// Entries that are written down already; from here on it is noted which of them change.
    pub(super) fn noting(entries: BTreeMap<DocumentId, Entry>) -> Self {
        Self {
            entries,
            touched: Some(BTreeSet::new()),
        }
    }

    /// Those that may have changed since this was asked last.
    pub(super) fn take_touched(&mut self) -> BTreeSet<DocumentId> {
        self.touched
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    pub(super) fn get(&self, id: &DocumentId) -> Option<&Entry> {
        self.entries.get(id)
    }

    pub(super) fn iter(&self) -> btree_map::Iter<'_, DocumentId, Entry> {
        self.entries.iter()
    }

    pub(super) fn values(&self) -> btree_map::Values<'_, DocumentId, Entry> {
        self.entries.values()
    }

    pub(super) fn get_mut(&mut self, id: &DocumentId) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(id)?;
        note(&mut self.touched, id);
        Some(entry)
    }

    /// The entry of a document, or a new one.
    pub(super) fn entry(&mut self, id: &DocumentId) -> &mut Entry {
        note(&mut self.touched, id);
        self.entries.entry(id.clone()).or_default()
    }

    /// Every entry that `is_meant`, to be changed.
    pub(super) fn iter_mut(
        &mut self,
        is_meant: impl Fn(&Entry) -> bool,
    ) -> impl Iterator<Item = (&DocumentId, &mut Entry)> {
        let Self { entries, touched } = self;
        let meant = entries.iter_mut().filter(move |(_, entry)| is_meant(entry));
        meant.inspect(|(id, _)| note(touched, id))
    }

    pub(super) fn remove(&mut self, id: &DocumentId) {
        note(&mut self.touched, id);
        self.entries.remove(id);
    }

    pub(super) fn retain(&mut self, is_kept: impl Fn(&Entry) -> bool) {
        let Self { entries, touched } = self;
        entries.retain(|id, entry| {
            let is_kept = is_kept(entry);
            if !is_kept {
                note(touched, id);
            }
            is_kept
        });
    }
}

fn note(touched: &mut Option<BTreeSet<DocumentId>>, id: &DocumentId) {
    if let Some(touched) = touched
        && !touched.contains(id)
    {
        touched.insert(id.clone());
    }
}

#[derive(Serialize)]
struct Borrowed<'a> {
    #[serde(flatten)]
    id: &'a DocumentId,
    #[serde(flatten)]
    entry: &'a Entry,
}

#[derive(Deserialize)]
struct Owned {
    #[serde(flatten)]
    id: DocumentId,
    #[serde(flatten)]
    entry: Entry,
}

/// As a list, since JSON has only texts as names.
impl Serialize for Documents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|(id, entry)| Borrowed { id, entry }))
    }
}

impl<'de> Deserialize<'de> for Documents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let documents = Vec::<Owned>::deserialize(deserializer)?.into_iter();
        Ok(Self {
            entries: documents.map(|Owned { id, entry }| (id, entry)).collect(),
            touched: None,
        })
    }
}
