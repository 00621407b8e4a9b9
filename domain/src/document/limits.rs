//! The limits that every document keeps, whatever its schema says.

use std::{borrow::Cow, io};

use serde::Serialize;
use serde_json::{
    Number, Serializer, Value,
    ser::{CompactFormatter, Formatter},
};

use super::Document;
use crate::path::Path;

/// How deep objects and arrays may nest; the document itself is the first level.
pub const MAX_DEPTH: usize = 64;

/// The greatest length of a field's name, in bytes.
pub const MAX_NAME_BYTES: usize = 1024;

/// The greatest magnitude of a number: up to here a double holds every integer.
pub const MAX_NUMBER: f64 = 9_007_199_254_740_992.0;

/// How many bytes the paths of all leaves may take together, for each byte that a document may
/// have. Without it, short leaves deep below long names would flatten to thousands of times the
/// document's size.
pub const MAX_PATHS_PER_BYTE: usize = 16;

/// Numbers below this have an exponent in compact JSON, which may stand for three hundred digits.
const WITH_EXPONENT: f64 = 1e-4;

/// The most violations that one check reports.
const MAX_VIOLATIONS: usize = 20;

/// How much of a name that is too long an error repeats, in characters.
const SHORTENED_NAME: usize = 40;

/// A place in a document that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The leaf or field; the empty path also stands for the document as a whole.
    pub path: Path,
    /// Which rule, as a sentence without its place.
    pub rule: String,
}

/// Every place where `document` breaks a rule of its own, whatever its schema says.
///
/// The rules: at most `max_bytes` as compact JSON without exponents, at most [`MAX_DEPTH`] levels, names of at most
/// [`MAX_NAME_BYTES`] bytes, paths of at most [`MAX_PATHS_PER_BYTE`] times `max_bytes` together, no
/// top-level name that begins with `_`, no NUL character, and numbers that a double holds. Arrays
/// are leaves: what breaks a rule inside one is reported at the array's path.
///
/// # Errors
/// The violations found, at most 20 of them; that of `max_bytes` alone if it is broken.
pub fn check(document: &Document, max_bytes: usize) -> Result<(), Vec<Violation>> {
    let bytes = encoded_bytes(document);
    if bytes > max_bytes {
        let rule = format!("a document is at most {max_bytes} bytes of JSON; this one is {bytes}");
        return Err(vec![Violation {
            path: Path::of_key(""),
            rule,
        }]);
    }
    let max_path_bytes = max_bytes.saturating_mul(MAX_PATHS_PER_BYTE);
    let mut walk = Walk {
        path_bytes: 0,
        max_path_bytes,
        found: Vec::new(),
    };
    for (name, value) in document {
        let path = Path::of_key(&shortened(name));
        if name.starts_with('_') {
            walk.report(&path, "top-level names that begin with `_` are reserved");
        }
        walk.field(&path, name, value, 1);
    }
    if walk.found.is_empty() {
        Ok(())
    } else {
        Err(walk.found)
    }
}

/// A walk over a document that collects what breaks a rule.
struct Walk {
    path_bytes: usize,
    max_path_bytes: usize,
    found: Vec<Violation>,
}

impl Walk {
    /// A field of the document or of an object in it, `depth` levels down.
    fn field(&mut self, path: &Path, name: &str, value: &Value, depth: usize) {
        if self.is_over() {
            return;
        }
        self.name(path, name);
        match value {
            Value::Object(fields) if !fields.is_empty() && depth < MAX_DEPTH => {
                for (name, value) in fields {
                    self.field(&path.child(&shortened(name)), name, value, depth + 1);
                }
            }
            leaf => {
                self.count(path);
                self.leaf(path, leaf, depth);
            }
        }
    }

    /// A leaf or, in an array, a part of one.
    fn leaf(&mut self, path: &Path, value: &Value, depth: usize) {
        if self.is_over() {
            return;
        }
        match value {
            Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => {
                self.report(
                    path,
                    &format!("objects and arrays nest at most {MAX_DEPTH} levels deep"),
                );
            }
            Value::Array(items) => {
                for item in items {
                    self.leaf(path, item, depth + 1);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.name(path, name);
                    self.leaf(path, value, depth + 1);
                }
            }
            Value::String(text) if text.contains('\0') => {
                self.report(path, "texts hold no NUL character");
            }
            Value::Number(number) if !is_held_by_double(number) => {
                self.report(
                    path,
                    "numbers are at most 2^53 in magnitude, so that a double holds them",
                );
            }
            _ => {}
        }
    }

    fn name(&mut self, path: &Path, name: &str) {
        if name.len() > MAX_NAME_BYTES {
            let bytes = name.len();
            self.report(
                path,
                &format!("names are at most {MAX_NAME_BYTES} bytes; this one is {bytes}"),
            );
        }
        if name.contains('\0') {
            self.report(path, "names hold no NUL character");
        }
    }

    /// Counts the path of a leaf; where the paths become too long together, the walk ends.
    fn count(&mut self, path: &Path) {
        self.path_bytes = self.path_bytes.saturating_add(path.as_str().len());
        if self.path_bytes > self.max_path_bytes {
            let rule = format!(
                "the paths of all leaves together are at most {} bytes: shorten the names or nest less deeply",
                self.max_path_bytes
            );
            self.report(path, &rule);
        }
    }

    /// Adds a violation, unless an earlier item of the same array had the same.
    fn report(&mut self, path: &Path, rule: &str) {
        let repeated = self
            .found
            .last()
            .is_some_and(|last| last.path == *path && last.rule == rule);
        if !repeated && self.found.len() < MAX_VIOLATIONS {
            self.found.push(Violation {
                path: path.clone(),
                rule: rule.to_owned(),
            });
        }
    }

    fn is_over(&self) -> bool {
        self.found.len() >= MAX_VIOLATIONS || self.path_bytes > self.max_path_bytes
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

fn shortened(name: &str) -> Cow<'_, str> {
    if name.len() <= MAX_NAME_BYTES {
        return Cow::Borrowed(name);
    }
    Cow::Owned(name.chars().take(SHORTENED_NAME).chain(['…']).collect())
}

/// The length of `document` as compact JSON without exponents, in bytes: so the database writes it.
#[must_use]
pub fn encoded_bytes(document: &Document) -> usize {
    let mut counter = ByteCounter(0);
    let mut serializer = Serializer::with_formatter(&mut counter, WithoutExponents);
    match document.serialize(&mut serializer) {
        Ok(()) => counter.0,
        Err(_) => usize::MAX,
    }
}

struct WithoutExponents;

impl Formatter for WithoutExponents {
    fn write_f64<W>(&mut self, writer: &mut W, value: f64) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        if value != 0.0 && value.abs() < WITH_EXPONENT {
            return write!(writer, "{value}");
        }
        CompactFormatter.write_f64(writer, value)
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
