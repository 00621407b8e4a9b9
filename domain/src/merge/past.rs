//! What the server remembers of a document beside its current version.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Ancestor, DELETED, FieldRevisions, MergeInput, Version};
use crate::{
    document::{get, same_value},
    hlc::Hlc,
    path::Path,
};

/// A value that a device pushed and that no version shows as it was pushed: the loser of a
/// conflict, a side of a merged text, the like of a value that was there already.
#[derive(Clone, Debug, PartialEq)]
pub struct PushedValue {
    /// The field; [`DELETED`] for a deletion.
    pub path: Path,
    /// The device's revision.
    pub revision: Hlc,
    /// The value; none if the device removed the field.
    pub value: Option<Value>,
    /// The number of the version that it went into.
    pub version: u64,
}

/// A device's own earlier value of a path, which stands in for the ancestor's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Own<'a> {
    /// The device says that it made its edit from this value.
    Proven(Option<&'a Value>),
    /// The same node pushed this value before; likely the same device.
    SameNode(Option<&'a Value>),
    /// The same node has already pushed a later value.
    Superseded,
}

/// One place where a pushed value was found.
struct Entry<'a> {
    /// The number of the version.
    version: u64,
    revision: &'a Hlc,
    value: Option<&'a Value>,
}

pub(super) struct Past<'a> {
    /// The current version and superseded ones.
    versions: Vec<&'a Version>,
    pushes: BTreeMap<&'a Path, Vec<&'a PushedValue>>,
    ancestor: Option<&'a Version>,
}

impl<'a> Past<'a> {
    pub(super) fn new(input: &MergeInput<'a>) -> Self {
        let ancestor = match input.ancestor {
            Ancestor::Version(ancestor) => Some(ancestor),
            Ancestor::Nothing | Ancestor::Unknown => None,
        };
        let mut pushes = BTreeMap::<_, Vec<_>>::new();
        for push in input.pushes {
            pushes.entry(&push.path).or_default().push(push);
        }
        Self {
            versions: input.current.into_iter().chain(input.versions).collect(),
            pushes,
            ancestor,
        }
    }

    /// Whether something with this revision was taken in before.
    pub(super) fn knows(&self, path: &Path, revision: &Hlc) -> bool {
        self.entries(path, 0)
            .any(|entry| entry.revision == revision)
    }

    /// Whether exactly this was taken in before.
    pub(super) fn holds(&self, path: &Path, revision: &Hlc, value: Option<&Value>) -> bool {
        self.entries(path, 0)
            .any(|entry| entry.revision == revision && is_shown(entry.value, value))
    }

    /// What the device that stamps `path` with `revision` has itself pushed there since the
    /// ancestor.
    pub(super) fn own(
        &self,
        path: &Path,
        revision: Option<&Hlc>,
        after: &FieldRevisions,
    ) -> Option<Own<'a>> {
        // A push that names itself says no more than that it may have come before.
        if let Some(after) = after.get(path).filter(|after| Some(*after) != revision) {
            let entries = self.unseen_entries(path);
            let entries = entries.filter(|entry| entry.revision == after);
            // A later version may hold the revision of a value that is gone.
            if let Some(entry) = entries.min_by_key(|entry| entry.version) {
                return Some(Own::Proven(leaf(entry.value)));
            }
        }
        let revision = revision.filter(|revision| !revision.node().is_server())?;
        // What is older than what the device had seen is a copy that came late.
        let seen = self.seen_revision(path);
        let last = self
            .unseen_entries(path)
            .filter(|entry| entry.revision.node() == revision.node())
            .filter(|entry| entry.revision != revision && Some(entry.revision) > seen)
            .max_by_key(|entry| entry.revision)?;
        if last.revision > revision {
            Some(Own::Superseded)
        } else {
            Some(Own::SameNode(leaf(last.value)))
        }
    }

    /// What was pushed at `path` since the ancestor.
    fn unseen_entries(&self, path: &Path) -> impl Iterator<Item = Entry<'a>> {
        let seen = self.ancestor.map_or(0, |ancestor| ancestor.number);
        let unchanged = self.seen_revision(path);
        self.entries(path, seen)
            .filter(move |entry| Some(entry.revision) != unchanged)
    }

    fn seen_revision(&self, path: &Path) -> Option<&'a Hlc> {
        self.ancestor?.field_revisions.get(path)
    }

    /// What is known at `path` from versions after the version numbered `seen`.
    fn entries(&self, path: &Path, seen: u64) -> impl Iterator<Item = Entry<'a>> {
        let versions = self
            .versions
            .iter()
            .filter(move |version| version.number > seen);
        let shown = versions.filter_map(move |version| {
            let revision = version.field_revisions.get(path)?;
            Some(Entry {
                version: version.number,
                revision,
                value: value_at(version, path),
            })
        });
        let pushed = self.pushes.get(path).into_iter().flatten();
        let pushed = pushed
            .filter(move |push| push.version > seen)
            .map(|push| Entry {
                version: push.version,
                revision: &push.revision,
                value: push.value.as_ref(),
            });
        shown.chain(pushed)
    }
}

/// What a version has at `path`, a deletion included.
fn value_at<'a>(version: &'a Version, path: &Path) -> Option<&'a Value> {
    if path.as_str() == DELETED {
        return version.deleted.then_some(&Value::Bool(true));
    }
    get(&version.content, path)
}

/// Whether both are absent, or equal.
pub(super) fn same_option(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => same_value(left, right),
        (None, None) => true,
        _ => false,
    }
}

/// The value as a leaf: an object that has fields is none.
fn leaf(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !has_fields(value))
}

/// Whether a leaf that was `pushed` may have become `value`: an object that others filled is still
/// there, and where a leaf was removed there may be an object.
fn is_shown(value: Option<&Value>, pushed: Option<&Value>) -> bool {
    let is_object_or_none = pushed.is_none_or(Value::is_object);
    (value.is_some_and(has_fields) && is_object_or_none) || same_option(value, pushed)
}

fn has_fields(value: &Value) -> bool {
    value.as_object().is_some_and(|object| !object.is_empty())
}
