//! What filters mean.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Bound, Comparison, Filter, Test, TextQuery};
use crate::document::{Document, get, same_value};

impl Filter {
    /// Whether `document` is meant. What matches a text query depends on a language, so whoever
    /// evaluates says it.
    pub fn evaluate(&self, document: &Document, matches: &impl Fn(&TextQuery) -> bool) -> bool {
        match self {
            Self::And(filters) => filters
                .iter()
                .all(|filter| filter.evaluate(document, matches)),
            Self::Or(filters) => filters
                .iter()
                .any(|filter| filter.evaluate(document, matches)),
            Self::Not(filter) => !filter.evaluate(document, matches),
            Self::Field(path, test) => get(document, path).is_some_and(|value| test.passes(value)),
            Self::Text(query) => matches(query),
        }
    }
}

impl Test {
    /// Whether a value that is there passes.
    #[must_use]
    pub fn passes(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Exists, _) => true,
            (Self::Equals(wanted), value) => same_value(wanted, value),
            (Self::In(wanted), value) => wanted.iter().any(|wanted| same_value(wanted, value)),
            (Self::Contains(Value::String(part)), Value::String(text)) => text.contains(part),
            (Self::Contains(wanted), Value::Array(items)) => {
                items.iter().any(|item| same_value(wanted, item))
            }
            (Self::Starts(start), Value::String(text)) => text.starts_with(start),
            (Self::Compares(comparison, bound), value) => bound
                .order(value)
                .is_some_and(|order| comparison.accepts(order)),
            (Self::Contains(_) | Self::Starts(_), _) => false,
        }
    }
}

impl Bound {
    /// How `value` compares to it; not at all if it is of another type.
    fn order(&self, value: &Value) -> Option<Ordering> {
        match (value, self) {
            (Value::Number(value), Self::Number(bound)) => {
                value.as_f64()?.partial_cmp(&bound.as_f64()?)
            }
            (Value::String(value), Self::Text(bound)) => Some(value.as_str().cmp(bound)),
            _ => None,
        }
    }
}

impl Comparison {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
        }
    }
}
