//! Filters: which documents a search is after.
//!
//! A filter is a tree. [`Filter::parse`] reads it from JSON, [`Filter::evaluate`] says what it
//! means, and a store that answers it in any other way has to agree with that.
//!
//! Every node is true or false of a document, nothing else: a path that the document lacks, or a
//! value of another type, makes a condition false, and `not` of it true.

mod evaluate;
mod parse;
mod reader;

use serde_json::{Number, Value};

use crate::path::Path;

pub use reader::FilterError;
pub(crate) use reader::Reader;

/// How deep a filter nests; a single condition is one level.
pub const MAX_DEPTH: usize = 16;

/// The most nodes of a filter, conditions and those that combine them.
pub const MAX_NODES: usize = 200;

/// The most text queries in a filter.
pub const MAX_TEXTS: usize = 8;

/// The most values of an `in`.
pub const MAX_VALUES: usize = 200;

/// The most bytes of a value as JSON.
pub const MAX_VALUE_BYTES: usize = 8_192;

/// The most bytes of a path.
pub const MAX_PATH_BYTES: usize = 4_096;

/// The most characters of a text query.
pub const MAX_QUERY_CHARS: usize = 1_000;

/// The most fields in which a text is looked for.
pub const MAX_FIELDS: usize = 16;

/// Which documents are meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Those that all of them mean; every document if there is none.
    And(Vec<Filter>),
    /// Those that one of them means; no document if there is none.
    Or(Vec<Filter>),
    /// Those that it does not mean.
    Not(Box<Filter>),
    /// Those whose value at a path passes a test.
    Field(Path, Test),
    /// Those whose texts match.
    Text(TextQuery),
}

/// What a value has to be. A value that is not there passes no test.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// There, be it `null`.
    Exists,
    /// Equal as JSON, numbers as doubles; an array as a whole.
    Equals(Value),
    /// Equal to one of them.
    In(Vec<Value>),
    /// A text in which this text occurs, or an array that has an element equal to it.
    Contains(Value),
    /// A text that begins with this.
    Starts(String),
    /// A number or text on this side of another of the same type.
    Compares(Comparison, Bound),
}

/// Which side of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `gt`
    Greater,
    /// `gte`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `lte`
    LessOrEqual,
}

/// What numbers and texts are compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// Numbers compare as doubles.
    Number(Number),
    /// Texts compare by code point.
    Text(String),
}

/// Words and phrases, in the syntax of web searches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextQuery {
    /// What is looked for.
    pub query: String,
    /// Where, each with all that is below it; everywhere if it is empty.
    pub fields: Vec<Path>,
}

impl Filter {
    /// The text queries that speak for a document: those under no `not`.
    #[must_use]
    pub fn wanted_texts(&self) -> Vec<&TextQuery> {
        match self {
            Self::And(filters) | Self::Or(filters) => {
                filters.iter().flat_map(Self::wanted_texts).collect()
            }
            Self::Text(query) => vec![query],
            Self::Not(_) | Self::Field(..) => Vec::new(),
        }
    }
}
