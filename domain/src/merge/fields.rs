//! Both sides have a document: every leaf is decided by itself, but where one side put a value in
//! the place of an object that the other edited inside.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Ancestor, Merged, Reason, Winner,
    changes::{Change, Sides},
    draft::{Clash, Draft},
    past::{Own, same_option},
};
use crate::{
    document::{Document, get, same_value},
    hlc::Hlc,
    path::Path,
    text,
};

pub(super) fn merge<'a>(sides: &Sides<'a>, content: &'a Document) -> Merged {
    let changes = sides.local_changes();
    let places = clashing_objects(sides, &changes);
    let mut inside = BTreeMap::<_, Vec<_>>::new();
    let mut draft = Draft::new(sides);
    for change in changes {
        match outermost(&places, &change.path) {
            Some(place) => inside.entry(place).or_default().push(change),
            None => merge_leaf(sides, &mut draft, &change),
        }
    }
    for (place, changes) in inside {
        merge_object(sides, &mut draft, content, place, &changes);
    }
    draft.finish()
}

fn merge_leaf<'a>(sides: &Sides<'a>, draft: &mut Draft<'_, 'a>, change: &Change<'a>) {
    let reason = match change.own {
        Some(Own::SameNode(_) | Own::Superseded) => Some(Reason::SameNode),
        Some(Own::Proven(_)) | None => None,
    };
    let remote = sides.remote.get(&change.path).copied();
    let remote_revision = sides.remote_revision(&change.path);
    let clash = Clash {
        field: change.path.clone(),
        local: (change.revision.as_ref(), change.value),
        remote: (remote_revision, remote),
    };
    let is_server_unchanged = !sides.is_remote_changed(change);
    if same_option(change.value, remote) {
        if change.revision.as_ref() > remote_revision {
            draft.take(change);
        } else {
            draft.remember(change, None);
        }
    } else if change.own == Some(Own::Superseded) || is_same_as_own(change) {
        draft.remember(change, Some(clash.won_by(Winner::Remote, reason)));
    } else if is_server_unchanged {
        draft.take(change);
        if reason.is_some() {
            draft.remember(change, Some(clash.won_by(Winner::Local, reason)));
        }
    } else if let Some(text) = merged_text(sides, change, &clash) {
        let merged = Some(Value::String(text.clone()));
        draft.put(change.path.clone(), merged, sides.input.stamp.clone());
        draft.remember(change, Some(clash.auto_merged(text, reason)));
    } else if clash.is_local_later() {
        // The server's value is not the one that the node pushed: both sides changed the leaf, and no more.
        draft.take(change);
        draft.remember(change, Some(clash.won_by(Winner::Local, None)));
    } else {
        draft.remember(change, Some(clash.won_by(Winner::Remote, None)));
    }
}

/// Whether the device set again what it pushed before, as far as its node tells.
fn is_same_as_own(change: &Change<'_>) -> bool {
    matches!(change.own, Some(Own::SameNode(own)) if same_option(own, change.value))
}

/// The merge of two texts, where there is an ancestor that was a text as well.
fn merged_text(sides: &Sides<'_>, change: &Change<'_>, clash: &Clash<'_>) -> Option<String> {
    let ancestor = change.from?.as_str()?;
    let (local, remote) = (clash.local.1?.as_str()?, clash.remote.1?.as_str()?);
    // Without the ancestor, what a node pushed before may be older than what the device had seen:
    // lines of others would count as the device's own.
    let is_known = !matches!(sides.input.ancestor, Ancestor::Unknown)
        || matches!(change.own, Some(Own::Proven(_)));
    if !is_known || !(sides.input.is_prose)(&change.path) {
        return None;
    }
    if clash.is_local_later() {
        text::merge(ancestor, remote, local)
    } else {
        text::merge(ancestor, local, remote)
    }
}

/// The paths at which one side has a value and the other edited inside an object.
fn clashing_objects(sides: &Sides<'_>, changes: &[Change<'_>]) -> BTreeSet<Path> {
    let mut places = BTreeSet::new();
    for change in changes {
        let Some(value) = change.value else { continue };
        let edited_inside = !is_empty_object(value)
            && sides
                .remote_below(&change.path)
                .any(|(path, value)| is_new(sides, path, value));
        if edited_inside {
            places.insert(change.path.clone());
        }
        let replaced = change.path.above().find_map(|above| {
            let (path, value) = sides.remote.get_key_value(above)?;
            (!is_empty_object(value) && is_new(sides, path, value)).then(|| path.clone())
        });
        places.extend(replaced);
    }
    places
}

/// The place that `path` is at or in; of several, the one that holds the others.
fn outermost<'a>(places: &'a BTreeSet<Path>, path: &Path) -> Option<&'a Path> {
    let above = path.above().filter_map(|above| places.get(above)).last();
    above.or_else(|| places.get(path))
}

/// Whether the server's leaf is not the ancestor's.
fn is_new(sides: &Sides<'_>, path: &Path, value: &Value) -> bool {
    sides
        .ancestor
        .get(path)
        .is_none_or(|ancestor| !same_value(ancestor, value))
}

fn merge_object<'a>(
    sides: &Sides<'a>,
    draft: &mut Draft<'_, 'a>,
    content: &'a Document,
    place: &Path,
    changes: &[Change<'a>],
) {
    let local_revision = changes
        .iter()
        .filter_map(|change| change.revision.as_ref())
        .max();
    let clash = Clash {
        field: place.clone(),
        local: (local_revision, get(content, place)),
        remote: (
            greatest_new_revision(sides, place),
            sides
                .current()
                .and_then(|current| get(&current.content, place)),
        ),
    };
    let local = clash.local.1.cloned();
    let revision = local_revision
        .cloned()
        .unwrap_or_else(|| sides.input.stamp.clone());
    let winner = if clash.is_local_later() {
        Winner::Local
    } else {
        Winner::Remote
    };
    if winner == Winner::Local {
        draft.put(place.clone(), local.clone(), revision.clone());
        for change in changes {
            draft.note(change);
        }
    }
    let conflict = clash.won_by(winner, None);
    draft.remember_value(place.clone(), revision, local, Some(conflict));
    let is_other =
        |change: &&Change<'_>| change.path != *place || change.revision.as_ref() != local_revision;
    for change in changes.iter().filter(is_other) {
        draft.remember(change, None);
    }
}

fn greatest_new_revision<'a>(sides: &Sides<'a>, place: &Path) -> Option<&'a Hlc> {
    let at = sides
        .remote
        .get_key_value(place)
        .map(|(path, value)| (path, *value));
    let (from, to) = place.below();
    let gone = sides
        .ancestor
        .get_key_value(place)
        .into_iter()
        .chain(sides.ancestor.range(from..to));
    let gone = gone
        .map(|(path, _)| path)
        .filter(|path| !sides.remote.contains_key(*path));
    at.into_iter()
        .chain(sides.remote_below(place))
        .filter(|(path, value)| is_new(sides, path, value))
        .map(|(path, _)| path)
        .chain(gone)
        .filter_map(|path| sides.remote_revision(path))
        .max()
}

fn is_empty_object(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
}
