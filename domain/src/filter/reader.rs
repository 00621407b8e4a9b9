//! Reading JSON while knowing where one is.

use serde_json::{Map, Value};

use crate::{
    document::{Document, MAX_DEPTH as MAX_PATH_KEYS, check, encoded_bytes},
    path::Path,
};

use super::{MAX_PATH_BYTES, MAX_VALUE_BYTES};

/// So many characters of something that is wrong are repeated.
const SHOWN_CHARS: usize = 40;

/// A place in a request that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {rule}")]
pub struct FilterError {
    /// Where, as `filter.filters[2].value`.
    pub place: String,
    /// Which rule, as a sentence without its place.
    pub rule: String,
}

impl FilterError {
    /// What is wrong, and where.
    #[must_use]
    pub fn new(place: impl Into<String>, rule: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            rule: rule.into(),
        }
    }
}

/// A place in a request.
pub(crate) struct Reader {
    place: String,
}

impl Reader {
    /// A member of the request itself.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            place: name.to_owned(),
        }
    }

    /// A member of the object here.
    pub(crate) fn member(&self, name: &str) -> Self {
        Self {
            place: format!("{}.{name}", self.place),
        }
    }

    /// An item of the array here.
    pub(crate) fn item(&self, index: usize) -> Self {
        Self {
            place: format!("{}[{index}]", self.place),
        }
    }

    pub(crate) fn error(&self, rule: impl Into<String>) -> FilterError {
        FilterError::new(&self.place, rule)
    }

    /// An array.
    pub(crate) fn array<'v>(&self, value: &'v Value) -> Result<&'v [Value], FilterError> {
        value
            .as_array()
            .map(Vec::as_slice)
            .ok_or_else(|| self.error("it is an array"))
    }

    /// An object with no other members than these: a misspelt one would mean something else than
    /// its writer thinks.
    pub(crate) fn members<'v>(
        &self,
        value: &'v Value,
        known: &[&str],
    ) -> Result<&'v Map<String, Value>, FilterError> {
        let members = value
            .as_object()
            .ok_or_else(|| self.error("it is an object"))?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(members),
            Some(stranger) => Err(self.error(format!(
                "`{}` is no member of it; those are {}",
                shown(stranger),
                quoted(known)
            ))),
        }
    }

    /// A member that has to be there.
    pub(crate) fn required<'v>(
        &self,
        members: &'v Map<String, Value>,
        name: &str,
    ) -> Result<&'v Value, FilterError> {
        members
            .get(name)
            .ok_or_else(|| self.member(name).error("it is missing"))
    }

    /// A member that is a text.
    pub(crate) fn text<'v>(
        &self,
        members: &'v Map<String, Value>,
        name: &str,
    ) -> Result<&'v str, FilterError> {
        let text = self.required(members, name)?.as_str();
        text.ok_or_else(|| self.member(name).error("it is a text"))
    }

    /// A member that is a path.
    pub(crate) fn path(
        &self,
        members: &Map<String, Value>,
        name: &str,
    ) -> Result<Path, FilterError> {
        let text = self.text(members, name)?;
        self.member(name).parse_path(text)
    }

    /// A path to where fields of an application can be.
    pub(crate) fn parse_path(&self, text: &str) -> Result<Path, FilterError> {
        if text.len() > MAX_PATH_BYTES {
            return Err(self.error(format!("a path is at most {MAX_PATH_BYTES} bytes")));
        }
        if text.contains('\0') {
            return Err(self.error("paths hold no NUL character"));
        }
        if text.starts_with('_') {
            return Err(self.error(format!(
                "`{}` is no field of a document: none begins with `_`",
                shown(text)
            )));
        }
        let path = Path::parse(text);
        if path.keys().count() > MAX_PATH_KEYS {
            return Err(self.error(format!("a path has at most {MAX_PATH_KEYS} keys")));
        }
        Ok(path)
    }

    /// A value that a document could hold.
    pub(crate) fn value(&self, value: &Value) -> Result<(), FilterError> {
        let document = Document::from_iter([("value".to_owned(), value.clone())]);
        if encoded_bytes(&document) > MAX_VALUE_BYTES {
            return Err(self.error(format!(
                "a value is at most about {MAX_VALUE_BYTES} bytes of JSON"
            )));
        }
        match check(&document, MAX_VALUE_BYTES).map_err(|violations| violations.into_iter().next())
        {
            Err(Some(violation)) => Err(self.error(violation.rule)),
            Ok(()) | Err(None) => Ok(()),
        }
    }
}

/// The beginning of a text that a caller sent.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

/// Names as a sentence lists them.
pub(super) fn quoted(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
