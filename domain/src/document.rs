//! JSON documents as maps of leaves, and the limits they keep.
//!
//! A leaf is every value that is no object, and the empty object. Arrays are leaves: they merge as
//! a whole.

use std::{collections::BTreeMap, io};

use serde_json::{Map, Number, Value};

use crate::path::Path;

/// The application's fields of a document.
pub type Document = Map<String, Value>;

/// The leaves of a document by their paths.
pub type Leaves<'a> = BTreeMap<Path, &'a Value>;

/// How deep objects and arrays may nest; the document itself is the first level.
pub const MAX_DEPTH: usize = 64;

/// The greatest length of a field's name, in bytes.
pub const MAX_NAME_BYTES: usize = 1024;

/// The greatest magnitude of a number: up to here a double holds every integer.
pub const MAX_NUMBER: f64 = 9_007_199_254_740_992.0;

/// A place in a document that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where.
    pub path: Path,
    /// Which rule, as a sentence without its place.
    pub rule: String,
}

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
/// Where one leaf lies below another, the deeper one stands, which no flattened document has.
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

fn remove_keys(object: &mut Document, keys: &[std::borrow::Cow<'_, str>]) {
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

/// The leaves in which `to` differs from `from`.
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

/// Every place where `document` breaks a rule of its own, whatever its schema says.
///
/// The rules: at most [`MAX_DEPTH`] levels, names of at most [`MAX_NAME_BYTES`] bytes, no top-level
/// name that begins with `_`, no NUL character, numbers that a double holds, and at most
/// `max_bytes` as compact JSON.
///
/// # Errors
/// The violations found, at most 20 of them.
pub fn check(document: &Document, max_bytes: usize) -> Result<(), Vec<Violation>> {
    let mut violations = Vec::new();
    for (key, value) in document {
        let path = Path::of_key(key);
        if key.starts_with('_') {
            violations.push(Violation {
                path: path.clone(),
                rule: "top-level names that begin with `_` are reserved".to_owned(),
            });
        }
        check_field(&path, key, value, 1, &mut violations);
        if violations.len() >= MAX_VIOLATIONS {
            break;
        }
    }
    let bytes = encoded_bytes(document);
    if bytes > max_bytes {
        violations.push(Violation {
            path: Path::of_key(""),
            rule: format!("a document is at most {max_bytes} bytes of JSON; this one is {bytes}"),
        });
    }
    violations.truncate(MAX_VIOLATIONS);
    if violations.is_empty() {
        Ok(())
    } else {
        Err(violations)
    }
}

const MAX_VIOLATIONS: usize = 20;

fn check_field(path: &Path, name: &str, value: &Value, depth: usize, found: &mut Vec<Violation>) {
    let mut say = |rule: &str| {
        found.push(Violation {
            path: path.clone(),
            rule: rule.to_owned(),
        })
    };
    if name.len() > MAX_NAME_BYTES {
        found.push(Violation {
            path: Path::of_key(&shortened(name)),
            rule: format!(
                "names are at most {MAX_NAME_BYTES} bytes; this one is {}",
                name.len()
            ),
        });
        return;
    }
    if name.contains('\0') {
        say("names hold no NUL character");
    }
    match value {
        Value::String(text) if text.contains('\0') => say("texts hold no NUL character"),
        Value::Number(number) if !is_held_by_double(number) => {
            say("numbers are at most 2^53 in magnitude, so that a double holds them");
        }
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => {
            say("objects and arrays nest at most 64 levels deep");
        }
        Value::Array(items) => {
            for item in items {
                check_field(path, "", item, depth + 1, found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                check_field(&path.child(name), name, value, depth + 1, found);
            }
        }
        _ => {}
    }
}

fn is_held_by_double(number: &Number) -> bool {
    number
        .as_f64()
        .is_some_and(|double| double.abs() <= MAX_NUMBER)
        && number
            .as_i64()
            .is_none_or(|integer| integer.unsigned_abs() <= 1 << 53)
        && number.as_u64().is_none_or(|integer| integer <= 1 << 53)
}

fn shortened(name: &str) -> String {
    name.chars().take(40).chain(['…']).collect()
}

/// The length of `document` as compact JSON, in bytes.
#[must_use]
pub fn encoded_bytes(document: &Document) -> usize {
    let mut counter = ByteCounter(0);
    match serde_json::to_writer(&mut counter, document) {
        Ok(()) => counter.0,
        Err(_) => usize::MAX,
    }
}

struct ByteCounter(usize);

impl io::Write for ByteCounter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
