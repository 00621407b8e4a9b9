//! What the device and the server changed since the common ancestor.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Ancestor, FieldRevisions, MergeInput, Version,
    past::{Own, Past, same_option},
};
use crate::{
    document::{Leaves, flatten},
    hlc::Hlc,
    path::Path,
};

/// Both sides of a merge and their ancestor, as leaves.
pub(super) struct Sides<'a> {
    pub(super) input: MergeInput<'a>,
    pub(super) past: Past<'a>,
    pub(super) ancestor: Leaves<'a>,
    pub(super) local: Leaves<'a>,
    pub(super) remote: Leaves<'a>,
}

/// A leaf that the device changed.
#[derive(Clone, Debug)]
pub(super) struct Change<'a> {
    pub(super) path: Path,
    /// The device's revision; none if it gave none.
    pub(super) revision: Option<Hlc>,
    /// The new value; none if the device removed the leaf.
    pub(super) value: Option<&'a Value>,
    /// The value that the device made it from.
    pub(super) from: Option<&'a Value>,
    /// How that value is known, where it is not the ancestor's.
    pub(super) own: Option<Own<'a>>,
}

impl<'a> Sides<'a> {
    pub(super) fn new(input: &MergeInput<'a>) -> Self {
        let ancestor = match input.ancestor {
            Ancestor::Version(ancestor) => flatten(&ancestor.content),
            Ancestor::Nothing | Ancestor::Unknown => Leaves::new(),
        };
        Self {
            past: Past::new(input),
            ancestor,
            local: input.edit.content.as_ref().map(flatten).unwrap_or_default(),
            remote: input
                .current
                .map(|current| flatten(&current.content))
                .unwrap_or_default(),
            input: *input,
        }
    }

    /// Everything that the device changed and the server has not taken in before.
    pub(super) fn local_changes(&self) -> Vec<Change<'a>> {
        let known = self.known_to_device();
        let paths: BTreeSet<&Path> = self.local.keys().chain(known.keys()).collect();
        paths
            .into_iter()
            .filter_map(|path| self.local_change(path))
            .collect()
    }

    /// The leaves that the device may have removed: those it saw, and its own pushes.
    fn known_to_device(&self) -> Leaves<'a> {
        let mut known = match self.input.ancestor {
            Ancestor::Unknown => self.remote.clone(),
            _ => self.ancestor.clone(),
        };
        for (path, value) in &self.remote {
            if self.input.edit.revisions.contains_key(path) {
                known.insert(path.clone(), value);
            }
        }
        known
    }

    fn local_change(&self, path: &Path) -> Option<Change<'a>> {
        let edit = self.input.edit;
        let value = self.local.get(path).copied();
        let revision = match value {
            Some(_) => revision_of(&edit.revisions, path),
            None => Some(self.removal(path)?),
        };
        let own = self.past.own(path, revision, &edit.after);
        let from = match own {
            Some(Own::Proven(value) | Own::SameNode(value)) => value,
            Some(Own::Superseded) | None => self.ancestor.get(path).copied(),
        };
        let taken_in = || revision.is_some_and(|revision| self.past.holds(path, revision, value));
        // What only the node says is assumed, and must be reported where it loses.
        let is_sure = match own {
            // It was removed from something, though nothing tells from what.
            Some(Own::Superseded) => !matches!(self.input.ancestor, Ancestor::Nothing),
            Some(own) => !matches!(own, Own::SameNode(_)),
            None => !matches!(self.input.ancestor, Ancestor::Unknown),
        };
        if (is_sure && same_option(value, from)) || taken_in() {
            return None;
        }
        Some(Change {
            path: path.clone(),
            revision: revision.cloned(),
            value,
            from,
            own,
        })
    }

    /// The revision that removed the absent `path`: one that the edit names for it, or else for one above or
    /// below it, and that the ancestor does not have. None if the device merely does not know the field.
    fn removal(&self, path: &Path) -> Option<&'a Hlc> {
        let known = match self.input.ancestor {
            Ancestor::Version(ancestor) => Some(&ancestor.field_revisions),
            Ancestor::Nothing => None,
            Ancestor::Unknown => self.input.current.map(|current| &current.field_revisions),
        };
        let is_new = |(path, revision): &(&Path, &Hlc)| {
            known.and_then(|known| known.get(*path)) != Some(*revision)
                && !self.past.knows(path, revision)
        };
        let new = around(&self.input.edit.revisions, path).filter(is_new);
        let removal = new.max_by_key(|(at, revision)| (*at == path, *revision))?;
        Some(removal.1)
    }

    /// Whether the server changed the leaf since the value that `change` was made from.
    pub(super) fn is_remote_changed(&self, change: &Change<'a>) -> bool {
        let remote = self.remote.get(&change.path).copied();
        match (self.input.ancestor, change.own) {
            (Ancestor::Unknown, None) => self.remote_revision(&change.path).is_some(),
            // A field that is gone was there, though the device knew of nothing.
            (Ancestor::Nothing, None) if remote.is_none() => self.is_removed(&change.path),
            _ => !same_option(remote, change.from),
        }
    }

    /// Whether somebody has removed the server's leaf.
    fn is_removed(&self, path: &Path) -> bool {
        let current = self.input.current;
        current.is_some_and(|current| current.field_revisions.contains_key(path))
    }

    /// The server's leaves below `path`.
    pub(super) fn remote_below(&self, path: &Path) -> impl Iterator<Item = (&Path, &'a Value)> {
        let (from, to) = path.below();
        self.remote
            .range(from..to)
            .map(|(path, value)| (path, *value))
    }

    /// The server's revision of `path`; none if the server has never had such a field.
    pub(super) fn remote_revision(&self, path: &Path) -> Option<&'a Hlc> {
        revision_of(&self.input.current?.field_revisions, path)
    }

    pub(super) fn current(&self) -> Option<&'a Version> {
        self.input.current
    }
}

/// The revision of `path`: its own, else that of the nearest object that it is in, else the
/// greatest of those below it.
pub(super) fn revision_of<'a>(revisions: &'a FieldRevisions, path: &Path) -> Option<&'a Hlc> {
    let above = || path.above().find_map(|above| revisions.get(above));
    let (from, to) = path.below();
    let below = || {
        revisions
            .range(from..to)
            .map(|(_, revision)| revision)
            .max()
    };
    revisions.get(path).or_else(above).or_else(below)
}

/// The revisions at `path`, above it and below it.
fn around<'a>(
    revisions: &'a FieldRevisions,
    path: &Path,
) -> impl Iterator<Item = (&'a Path, &'a Hlc)> {
    let (from, to) = path.below();
    let at_and_above = std::iter::once(path.as_str())
        .chain(path.above())
        .filter_map(|path| revisions.get_key_value(path));
    at_and_above.chain(revisions.range(from..to))
}
