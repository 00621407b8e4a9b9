//! A large collection of many users, one of whom reads in it.

use serde_json::json;
use syncline_domain::identifier::UserId;
use syncline_identity::SessionTokens;

use crate::{BenchError, clock};

/// How many documents the reader has.
pub(crate) const OWN: usize = 1_000;

/// How many of others the reader may see.
pub(crate) const SHARED: usize = 300;

/// The most results of a search.
pub(crate) const PAGE: usize = 50;

/// A search of the reader's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// A number that is equal.
    Equal,
    /// An element of an array.
    Contains,
    /// Numbers from another on.
    Range,
    /// Two words of a text, the best first.
    Text,
    /// All, by a text and a number.
    Sorted,
}

impl Search {
    /// The body of the request.
    pub(crate) fn body(self) -> String {
        let leaf = |field: &str, op: &str, value: serde_json::Value| json!({ "filter": { "type": "filter", "field": field, "op": op, "value": value } });
        let mut body = match self {
            Self::Equal => leaf("size", "eq", json!(500)),
            Self::Contains => leaf("tags", "contains", json!("milk")),
            Self::Range => leaf("size", "gte", json!(900)),
            Self::Text => json!({ "text": "milk bread" }),
            Self::Sorted => json!({
                "sort": [{ "field": "title" }, { "field": "size", "direction": "desc" }]
            }),
        };
        if let Some(members) = body.as_object_mut() {
            members.insert("collection".to_owned(), json!("library"));
            members.insert("limit".to_owned(), json!(PAGE));
        }
        body.to_string()
    }
}

/// Who reads, and how.
#[derive(Debug)]
pub(crate) struct Library {
    /// The reader's session token.
    pub token: String,
    /// The request of a new device.
    pub pull: String,
}

impl Library {
    pub(crate) fn new(tokens: &SessionTokens) -> Result<Self, BenchError> {
        let pull = json!({ "collection": "library", "protocol": 2, "changes": [] });
        Ok(Self {
            token: tokens.issue(&UserId::new("library-1")?, clock::now())?,
            pull: pull.to_string(),
        })
    }
}
