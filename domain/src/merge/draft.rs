//! The version that a merge is about to make.

use serde_json::{Map, Value};

use super::{
    Conflict, Merged, PushedField, PushedValue, Version,
    changes::{Change, Sides},
    outcome::{MergeStrategy, Reason, Winner},
};
use crate::{
    document::{get, remove, set},
    hlc::Hlc,
    path::Path,
};

/// What becomes of one path.
struct Step {
    path: Path,
    value: Option<Value>,
    revision: Hlc,
}

/// Steps towards the next version, and what to remember of the push.
pub(super) struct Draft<'s, 'a> {
    sides: &'s Sides<'a>,
    steps: Vec<Step>,
    noted: Vec<(Path, Hlc)>,
    pushes: Vec<PushedField>,
}

impl<'s, 'a> Draft<'s, 'a> {
    pub(super) fn new(sides: &'s Sides<'a>) -> Self {
        Self {
            sides,
            steps: Vec::new(),
            noted: Vec::new(),
            pushes: Vec::new(),
        }
    }

    /// Takes the device's value.
    pub(super) fn take(&mut self, change: &Change<'a>) {
        let revision = change
            .revision
            .clone()
            .unwrap_or_else(|| self.sides.input.stamp.clone());
        self.put(change.path.clone(), change.value.cloned(), revision);
    }

    /// Puts a value, or none, at a path.
    pub(super) fn put(&mut self, path: Path, value: Option<Value>, revision: Hlc) {
        self.steps.push(Step {
            path,
            value,
            revision,
        });
    }

    /// Takes the revision of a change whose value came with that of an object above it.
    pub(super) fn note(&mut self, change: &Change<'a>) {
        if let Some(revision) = &change.revision {
            self.noted.push((change.path.clone(), revision.clone()));
        }
    }

    /// Remembers what the device pushed at a path, and what is reported of it.
    pub(super) fn remember(&mut self, change: &Change<'a>, conflict: Option<Conflict>) {
        let revision = change.revision.clone().unwrap_or_else(Hlc::zero);
        self.remember_value(
            change.path.clone(),
            revision,
            change.value.cloned(),
            conflict,
        );
    }

    /// The same, of a value that is no single leaf.
    pub(super) fn remember_value(
        &mut self,
        path: Path,
        revision: Hlc,
        value: Option<Value>,
        conflict: Option<Conflict>,
    ) {
        let value = PushedValue {
            path,
            revision,
            value,
            version: 0,
        };
        self.pushes.push(PushedField { value, conflict });
    }

    /// Makes the next version, if there is anything to store.
    pub(super) fn finish(self) -> Merged {
        let current = self.sides.current();
        let mut pushes = self.pushes;
        if current.is_some() && self.steps.is_empty() {
            number_pushes(&mut pushes, current.map_or(0, |current| current.number));
            return Merged {
                version: None,
                pushes,
            };
        }
        let mut version = next_version(self.sides);
        let mut emptied = Vec::new();
        // Removals first: a value may take the place of what they remove.
        let (removals, values): (Vec<_>, Vec<_>) = self
            .steps
            .into_iter()
            .partition(|step| step.value.is_none());
        for step in removals {
            remove_leaf(&mut version, &step.path);
            emptied.extend(step.path.above().map(Path::parse));
            version.field_revisions.insert(step.path, step.revision);
        }
        for Step {
            path,
            value,
            revision,
        } in values
        {
            place(&mut version, &path, value.unwrap_or(Value::Null));
            version.field_revisions.insert(path, revision);
        }
        version.field_revisions.extend(self.noted);
        for parent in emptied {
            keep_object(&mut version, self.sides, parent);
        }
        number_pushes(&mut pushes, version.number);
        Merged {
            version: Some(version),
            pushes,
        }
    }
}

/// The current version, numbered and stamped as the next one.
pub(super) fn next_version(sides: &Sides<'_>) -> Version {
    let revision = sides.input.stamp.clone();
    match sides.current() {
        Some(current) => Version {
            number: current.number + 1,
            revision,
            ..current.clone()
        },
        None => Version {
            number: 1,
            revision,
            field_revisions: super::FieldRevisions::new(),
            content: Map::new(),
            deleted: false,
        },
    }
}

pub(super) fn number_pushes(pushes: &mut [PushedField], version: u64) {
    for push in pushes {
        push.value.version = version;
    }
}

/// An object that has fields is no leaf: whoever removed the leaf did not know of them.
fn remove_leaf(version: &mut Version, path: &Path) {
    let has_fields = matches!(
        get(&version.content, path),
        Some(Value::Object(object)) if !object.is_empty()
    );
    if !has_fields {
        remove(&mut version.content, path);
    }
}

/// An empty object only says that there is an object; fields that others put there stay.
fn place(version: &mut Version, path: &Path, value: Value) {
    let is_empty_object = value.as_object().is_some_and(Map::is_empty);
    if is_empty_object && get(&version.content, path).is_some_and(Value::is_object) {
        return;
    }
    set(&mut version.content, path, value);
}

/// Keeps an object that both sides have, though each removed fields that the other kept.
fn keep_object(version: &mut Version, sides: &Sides<'_>, path: Path) {
    let is_object = |document| get(document, &path).is_some_and(Value::is_object);
    let on_both_sides = sides.input.edit.content.as_ref().is_some_and(is_object)
        && sides
            .current()
            .is_some_and(|current| is_object(&current.content));
    if on_both_sides && get(&version.content, &path).is_none() {
        set(&mut version.content, &path, Value::Object(Map::new()));
        version
            .field_revisions
            .insert(path, version.revision.clone());
    }
}

/// The two sides of a conflict.
pub(super) struct Clash<'v> {
    pub(super) field: Path,
    pub(super) local: (Option<&'v Hlc>, Option<&'v Value>),
    pub(super) remote: (Option<&'v Hlc>, Option<&'v Value>),
}

impl Clash<'_> {
    /// The device wins with the higher clock, and with an equal one.
    pub(super) fn is_local_later(&self) -> bool {
        self.local.0 >= self.remote.0
    }

    /// The conflict that ends with one of the two values.
    pub(super) fn won_by(&self, winner: Winner, reason: Option<Reason>) -> Conflict {
        let value = if winner == Winner::Remote {
            self.remote.1
        } else {
            self.local.1
        };
        self.conflict(winner, value.cloned().unwrap_or(Value::Null), None, reason)
    }

    /// The conflict that ends with a text made of both.
    pub(super) fn auto_merged(&self, text: String, reason: Option<Reason>) -> Conflict {
        let strategy = Some(MergeStrategy::TextAutoMerged);
        self.conflict(Winner::AutoMerged, Value::String(text), strategy, reason)
    }

    fn conflict(
        &self,
        winner: Winner,
        winner_value: Value,
        merge_strategy: Option<MergeStrategy>,
        reason: Option<Reason>,
    ) -> Conflict {
        Conflict {
            field: self.field.clone(),
            local_rev: self.local.0.cloned().unwrap_or_else(Hlc::zero),
            remote_rev: self.remote.0.cloned().unwrap_or_else(Hlc::zero),
            local_value: self.local.1.cloned().unwrap_or(Value::Null),
            remote_value: self.remote.1.cloned().unwrap_or(Value::Null),
            winner,
            winner_value,
            merge_strategy,
            reason,
        }
    }
}
