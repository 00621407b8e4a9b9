//! JSON documents as maps of leaves, and the limits they keep.
//!
//! A leaf is every value that is no object, and the empty object. Arrays are leaves: they merge as
//! a whole.

mod limits;

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Number, Value};

use crate::path::Path;

pub use limits::{
    MAX_DEPTH, MAX_NAME_BYTES, MAX_NUMBER, MAX_PATHS_PER_BYTE, Violation, check, encoded_bytes,
};

/// The application's fields of a document.
pub type Document = Map<String, Value>;

/// The leaves of a document by their paths.
pub type Leaves<'a> = BTreeMap<Path, &'a Value>;

/// The leaves of `document`.
#[must_use]
pub fn flatten(document: &Document) -> Leaves<'_> {
    let mut leaves = Leaves::new();
    for (key, value) in document {
        collect(Path::of_key(key), value, &mut leaves);
    }
    leaves
}

fn collect<'a>(path: Path, value: &'a Value, leaves: &mut Leaves<'a>) {
    match value {
        Value::Object(object) if !object.is_empty() => {
            for (key, value) in object {
                collect(path.child(key), value, leaves);
            }
        }
        _ => {
            leaves.insert(path, value);
        }
    }
}

/// The document with the given leaves: the inverse of [`flatten`].
///
/// A leaf below another, which no flattened document has, takes its place if it comes later.
#[must_use]
pub fn unflatten<'a>(leaves: impl IntoIterator<Item = (&'a Path, &'a Value)>) -> Document {
    let mut document = Document::new();
    for (path, value) in leaves {
        set(&mut document, path, value.clone());
    }
    document
}

/// The value at `path`, leaf or not.
#[must_use]
pub fn get<'a>(document: &'a Document, path: &Path) -> Option<&'a Value> {
    let mut keys = path.keys();
    let first = document.get(keys.next()?.as_ref())?;
    keys.try_fold(first, |value, key| value.as_object()?.get(key.as_ref()))
}

/// Puts `value` at `path`. What stands in the way and is no object gives way to one.
pub fn set(document: &mut Document, path: &Path, value: Value) {
    let mut object = document;
    let mut keys = path.keys().peekable();
    while let Some(key) = keys.next() {
        if keys.peek().is_none() {
            object.insert(key.into_owned(), value);
            return;
        }
        let slot = object.entry(key).or_insert(Value::Null);
        if !slot.is_object() {
            *slot = Value::Object(Map::new());
        }
        let Value::Object(inner) = slot else { return };
        object = inner;
    }
}

/// Takes away the value at `path`, and every object that this leaves empty.
pub fn remove(document: &mut Document, path: &Path) {
    let keys: Vec<_> = path.keys().collect();
    remove_keys(document, &keys);
}

fn remove_keys(object: &mut Document, keys: &[Cow<'_, str>]) {
    let Some((first, rest)) = keys.split_first() else {
        return;
    };
    if rest.is_empty() {
        object.remove(first.as_ref());
        return;
    }
    let Some(Value::Object(inner)) = object.get_mut(first.as_ref()) else {
        return;
    };
    let was_empty = inner.is_empty();
    remove_keys(inner, rest);
    if inner.is_empty() && !was_empty {
        object.remove(first.as_ref());
    }
}

/// Whether two values are equal as JSON, numbers as doubles.
#[must_use]
pub fn same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => same_number(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same_value(left, right))
        }
        (Value::Object(left), Value::Object(right)) => same_document(left, right),
        _ => left == right,
    }
}

/// Whether two documents are equal as JSON, numbers as doubles.
#[must_use]
pub fn same_document(left: &Document, right: &Document) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .all(|(key, left)| right.get(key).is_some_and(|right| same_value(left, right)))
}

fn same_number(left: &Number, right: &Number) -> bool {
    left.as_f64() == right.as_f64()
}

/// What changed from one document to another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference<'a> {
    /// Leaves that are new or have another value.
    pub changed: Leaves<'a>,
    /// Paths of leaves that are gone.
    pub removed: Vec<Path>,
}

/// The leaves in which `to` differs from `from`: taking away what is removed, then putting what is
/// changed, makes one of the other.
#[must_use]
pub fn diff<'a>(from: &Document, to: &'a Document) -> Difference<'a> {
    let (before, mut after) = (flatten(from), flatten(to));
    let removed = before
        .keys()
        .filter(|path| !after.contains_key(*path))
        .cloned()
        .collect();
    after.retain(|path, value| before.get(path).is_none_or(|old| !same_value(old, value)));
    Difference {
        changed: after,
        removed,
    }
}
