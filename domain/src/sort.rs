//! The order of search results.
//!
//! Values of any type have a place: what is missing comes first, then `null`, `false`, `true`,
//! numbers, texts by code point, and last arrays and objects, which are all alike. What is alike is
//! ordered by the documents' keys.

use std::cmp::Ordering;

use serde_json::Value;

use crate::{
    filter::{FilterError, Reader},
    path::Path,
};

/// The most terms of an order.
pub const MAX_TERMS: usize = 4;

/// So many characters of a text decide its place: a cursor has to hold them.
pub const SORTED_CHARS: usize = 200;

/// One term of an order; later terms decide what earlier ones find alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortTerm {
    /// By what.
    pub by: SortBy,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// What documents are ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// The value at a path.
    Field(Path),
    /// The key, by code point; `_key`.
    Key,
    /// The revision: when it was changed; `_rev`.
    Revision,
    /// How well its texts match; `_score`.
    Score,
}

impl SortTerm {
    /// Reads `[{ "field", "direction"? }, …]`.
    ///
    /// # Errors
    /// [`FilterError`] names the place and the rule that is broken there.
    pub fn parse(sort: &Value) -> Result<Vec<Self>, FilterError> {
        let reader = Reader::new("sort");
        let terms = reader.array(sort)?;
        if terms.len() > MAX_TERMS {
            return Err(reader.error(format!(
                "an order has at most {MAX_TERMS} terms; this one has {}",
                terms.len()
            )));
        }
        terms
            .iter()
            .enumerate()
            .map(|(index, term)| parse_term(&reader.item(index), term))
            .collect()
    }
}

fn parse_term(reader: &Reader, term: &Value) -> Result<SortTerm, FilterError> {
    let members = reader.members(term, &["field", "direction"])?;
    let by = match reader.text(members, "field")? {
        "_key" => SortBy::Key,
        "_rev" => SortBy::Revision,
        "_score" => SortBy::Score,
        _ => SortBy::Field(reader.path(members, "field")?),
    };
    let descending = match members.get("direction") {
        None => false,
        Some(Value::String(direction)) if direction == "asc" => false,
        Some(Value::String(direction)) if direction == "desc" => true,
        Some(_) => {
            return Err(reader.member("direction").error("it is `asc` or `desc`"));
        }
    };
    Ok(SortTerm { by, descending })
}

/// How the values at a path compare.
#[must_use]
pub fn compare(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    let by_type = rank(left).cmp(&rank(right));
    by_type.then_with(|| match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => {
            let order = left.as_f64().partial_cmp(&right.as_f64());
            order.unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(left)), Some(Value::String(right))) => {
            let (left, right) = (left.chars(), right.chars());
            left.take(SORTED_CHARS).cmp(right.take(SORTED_CHARS))
        }
        (Some(Value::Bool(left)), Some(Value::Bool(right))) => left.cmp(right),
        _ => Ordering::Equal,
    })
}

/// The place of a value's type.
fn rank(value: Option<&Value>) -> u8 {
    match value {
        None => 0,
        Some(Value::Null) => 1,
        Some(Value::Bool(_)) => 2,
        Some(Value::Number(_)) => 3,
        Some(Value::String(_)) => 4,
        Some(Value::Array(_) | Value::Object(_)) => 5,
    }
}
