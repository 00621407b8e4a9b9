//! Which documents an application asks for, and in which order.

use std::{cmp::Ordering, fmt, sync::Arc};

use serde_json::Value;
use syncline_domain::document::{Document, same_value};

use crate::{Access, DocumentId, Rejection, SyncClient};

type Condition = Arc<dyn Fn(&DocumentId, &Document) -> bool + Send + Sync>;
type Order = Arc<dyn Fn(&Document, &Document) -> Ordering + Send + Sync>;

/// Which documents of a collection, and in which order.
#[derive(Clone, Default)]
pub struct Query {
    conditions: Vec<Condition>,
    order: Option<Order>,
    limit: Option<usize>,
}

/// A document as a query finds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Which it is.
    pub id: DocumentId,
    /// Its fields.
    pub doc: Document,
    /// What the user may do with another user's document.
    pub access: Option<Access>,
    /// Whether the server has not stored all of it.
    pub is_unsent: bool,
    /// Why the server did not store it.
    pub rejection: Option<Rejection>,
}

impl Query {
    /// All documents, by key.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Only those whose field `name` is `value`; numbers are compared as doubles.
    #[must_use]
    pub fn field(self, name: &str, value: impl Into<Value>) -> Self {
        let (name, value) = (name.to_owned(), value.into());
        self.matching(move |_, document| {
            let found = document.get(&name);
            found.is_some_and(|found| same_value(found, &value))
        })
    }

    /// Only those that meet a condition.
    #[must_use]
    pub fn matching(
        mut self,
        condition: impl Fn(&DocumentId, &Document) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.conditions.push(Arc::new(condition));
        self
    }

    /// In this order, and by key where it says nothing.
    #[must_use]
    pub fn order(
        mut self,
        order: impl Fn(&Document, &Document) -> Ordering + Send + Sync + 'static,
    ) -> Self {
        self.order = Some(Arc::new(order));
        self
    }

    /// At most so many.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }
}

pub(super) fn select(client: &SyncClient, query: &Query) -> Vec<Found> {
    let meets = |id: &DocumentId, document: &Document| {
        query.conditions.iter().all(|meets| meets(id, document))
    };
    let shown = client
        .shown()
        .filter(|shown| meets(shown.id, &shown.content));
    let mut found: Vec<_> = shown
        .map(|shown| Found {
            id: shown.id.clone(),
            doc: shown.content,
            access: shown.access,
            is_unsent: shown.is_unsent,
            rejection: shown.rejection.cloned(),
        })
        .collect();
    match &query.order {
        Some(order) => found.sort_by(|one, other| {
            let by_key = || one.id.key.cmp(&other.id.key);
            order(&one.doc, &other.doc).then_with(by_key)
        }),
        None => found.sort_by(|one, other| one.id.key.cmp(&other.id.key)),
    }
    found.truncate(query.limit.unwrap_or(usize::MAX));
    found
}

impl fmt::Debug for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Query")
            .field("conditions", &self.conditions.len())
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
