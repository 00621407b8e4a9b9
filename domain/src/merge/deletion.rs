//! One side has deleted the document.

use serde_json::{Map, Value};

use super::{
    Ancestor, Conflict, DELETED, Merged, PushedField, PushedValue, Reason, Version, Winner,
    changes::{Change, Sides, revision_of},
    deletion_mark,
    draft::{Clash, next_version, number_pushes},
    past::Own,
};
use crate::{document::Document, hlc::Hlc, path::Path};

/// The device deleted the document.
pub(super) fn delete(sides: &Sides<'_>) -> Merged {
    let path = Path::of_key(DELETED);
    let zero = Hlc::zero();
    let revision = sides.input.edit.revisions.get(&path).unwrap_or(&zero);
    let mark = deletion_mark();
    if sides.past.holds(&path, revision, Some(&mark)) || is_deletion_known(sides, &path, revision) {
        return Merged::default();
    }
    match sides.current() {
        None => stored(tombstone(sides, revision), None),
        Some(current) if current.deleted => {
            let is_later = Some(revision) > current.field_revisions.get(&path);
            if is_later {
                stored(tombstone(sides, revision), None)
            } else {
                remembered(sides, revision, Some(mark), None)
            }
        }
        Some(current) => delete_live(sides, current, revision),
    }
}

/// A deletion is taken in, though the document lives again.
fn is_deletion_known(sides: &Sides<'_>, path: &Path, revision: &Hlc) -> bool {
    let current = sides.current();
    current.is_some_and(|current| current.field_revisions.get(path) == Some(revision))
}

fn delete_live(sides: &Sides<'_>, current: &Version, revision: &Hlc) -> Merged {
    let rivals = rivals(sides, revision);
    let (mark, content) = (deletion_mark(), Value::Object(current.content.clone()));
    let clash = Clash {
        field: Path::of_key(DELETED),
        local: (Some(revision), Some(&mark)),
        remote: (rivals.greatest, Some(&content)),
    };
    if !rivals.any {
        return stored(tombstone(sides, revision), None);
    }
    let reason = rivals.all_same_node.then_some(Reason::SameNode);
    if clash.is_local_later() {
        let conflict = clash.won_by(Winner::Local, reason);
        stored(
            tombstone(sides, revision),
            Some(conflict_push(revision, Some(mark), conflict)),
        )
    } else {
        let conflict = clash.won_by(Winner::Remote, reason);
        remembered(sides, revision, Some(mark), Some(conflict))
    }
}

/// What the server changed since the ancestor, and the device has not itself pushed.
struct Rivals<'a> {
    any: bool,
    all_same_node: bool,
    greatest: Option<&'a Hlc>,
}

fn rivals<'a>(sides: &Sides<'a>, deleted: &Hlc) -> Rivals<'a> {
    let mut rivals = Rivals {
        any: false,
        all_same_node: true,
        greatest: None,
    };
    let is_unknown = matches!(sides.input.ancestor, Ancestor::Unknown);
    let paths: std::collections::BTreeSet<_> =
        sides.remote.keys().chain(sides.ancestor.keys()).collect();
    for path in paths {
        let remote = sides.remote.get(path).copied();
        let own = sides.past.own(path, Some(deleted), &sides.input.edit.after);
        let ancestor = sides.ancestor.get(path).copied();
        let from = match own {
            Some(Own::Proven(value)) => value,
            _ => ancestor,
        };
        let is_proven = matches!(own, Some(Own::Proven(_)));
        if super::past::same_option(remote, from) && (is_proven || !is_unknown) {
            continue;
        }
        let is_same_node = matches!(
            own, Some(Own::SameNode(value)) if super::past::same_option(remote, value)
        );
        rivals.any = true;
        rivals.all_same_node &= is_same_node;
        rivals.greatest = rivals.greatest.max(sides.remote_revision(path));
    }
    rivals
}

/// The device edited a document that the server has deleted.
pub(super) fn edit_deleted(sides: &Sides<'_>, content: &Document, current: &Version) -> Merged {
    let changes = sides.local_changes();
    let seen = deletion_seen(sides, current);
    let is_new_and_empty = content.is_empty() && seen == DeletionSeen::Yes;
    if changes.is_empty() && !is_new_and_empty {
        return Merged::default();
    }
    let revision = changes
        .iter()
        .filter_map(|change| change.revision.clone())
        .max();
    let revision = revision.as_ref();
    let (mark, document) = (deletion_mark(), Value::Object(content.clone()));
    let clash = Clash {
        field: Path::of_key(DELETED),
        local: (revision, Some(&document)),
        remote: (
            revision_of(&current.field_revisions, &Path::of_key(DELETED)),
            Some(&mark),
        ),
    };
    let conflict = match seen {
        DeletionSeen::Yes => None,
        DeletionSeen::BySameNode => Some(clash.won_by(Winner::Local, Some(Reason::SameNode))),
        DeletionSeen::No if clash.is_local_later() => Some(clash.won_by(Winner::Local, None)),
        DeletionSeen::No => return lost(sides, changes, clash.won_by(Winner::Remote, None)),
    };
    let at = revision.cloned().unwrap_or_else(Hlc::zero);
    let push = conflict.map(|conflict| conflict_push(&at, Some(document), conflict));
    stored(recreated(sides, content), push)
}

/// Whether the device knew of the deletion when it edited.
#[derive(Clone, Copy, PartialEq)]
enum DeletionSeen {
    Yes,
    /// Only its node says so.
    BySameNode,
    No,
}

fn deletion_seen(sides: &Sides<'_>, current: &Version) -> DeletionSeen {
    if matches!(sides.input.ancestor, Ancestor::Version(ancestor) if ancestor.number == current.number)
    {
        return DeletionSeen::Yes;
    }
    let edit = sides.input.edit;
    let latest = edit.revisions.values().max();
    match sides.past.own(&Path::of_key(DELETED), latest, &edit.after) {
        Some(Own::Proven(_)) => DeletionSeen::Yes,
        Some(Own::SameNode(_)) => DeletionSeen::BySameNode,
        Some(Own::Superseded) | None => DeletionSeen::No,
    }
}

/// The document as the device has it, as a version of its own.
pub(super) fn recreated(sides: &Sides<'_>, content: &Document) -> Version {
    let mut version = next_version(sides);
    for path in sides.local.keys() {
        let revision = revision_of(&sides.input.edit.revisions, path);
        let revision = revision.unwrap_or(sides.input.stamp).clone();
        version.field_revisions.insert(path.clone(), revision);
    }
    let removals = sides
        .local_changes()
        .into_iter()
        .filter(|change| change.value.is_none());
    for change in removals {
        version
            .field_revisions
            .extend(change.revision.map(|revision| (change.path, revision)));
    }
    Version {
        content: content.clone(),
        deleted: false,
        ..version
    }
}

fn tombstone(sides: &Sides<'_>, revision: &Hlc) -> Version {
    let mut version = next_version(sides);
    version
        .field_revisions
        .insert(Path::of_key(DELETED), revision.clone());
    Version {
        content: Map::new(),
        deleted: true,
        ..version
    }
}

fn conflict_push(revision: &Hlc, value: Option<Value>, conflict: Conflict) -> PushedField {
    let path = Path::of_key(DELETED);
    let value = PushedValue {
        path,
        revision: revision.clone(),
        value,
        version: 0,
    };
    PushedField {
        value,
        conflict: Some(conflict),
    }
}

fn stored(version: Version, push: Option<PushedField>) -> Merged {
    let mut pushes: Vec<_> = push.into_iter().collect();
    number_pushes(&mut pushes, version.number);
    Merged {
        version: Some(version),
        pushes,
    }
}

fn remembered(
    sides: &Sides<'_>,
    revision: &Hlc,
    value: Option<Value>,
    conflict: Option<Conflict>,
) -> Merged {
    let value = PushedValue {
        path: Path::of_key(DELETED),
        revision: revision.clone(),
        value,
        version: sides.current().map_or(0, |current| current.number),
    };
    Merged {
        version: None,
        pushes: vec![PushedField { value, conflict }],
    }
}

/// The edit lost against the deletion: each change is remembered, so that it is known when it
/// comes again.
fn lost(sides: &Sides<'_>, changes: Vec<Change<'_>>, conflict: Conflict) -> Merged {
    let number = sides.current().map_or(0, |current| current.number);
    let mut conflict = Some(conflict);
    let pushes = changes.into_iter().map(|change| PushedField {
        value: PushedValue {
            path: change.path,
            revision: change.revision.unwrap_or_else(Hlc::zero),
            value: change.value.cloned(),
            version: number,
        },
        conflict: conflict.take(),
    });
    Merged {
        version: None,
        pushes: pushes.collect(),
    }
}
