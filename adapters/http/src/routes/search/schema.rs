//! A search as it stands in JSON.
#![expect(
    dead_code,
    reason = "these types only describe what others read and write"
)]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::schema::{Access, Clock, CollectionName, DocumentKey, UserId};

/// What to look for, and how to show it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(super) struct SearchRequest {
    collection: CollectionName,
    /// What the documents have to be like; without it, all.
    filter: Option<Filter>,
    /// What the documents' texts have to say: one more condition beside the filter.
    text: Option<Text>,
    /// By what the results are ordered. Without it the best match of a text comes first, otherwise
    /// the least key.
    #[schema(max_items = 4)]
    sort: Option<Vec<SortTerm>>,
    /// At most so many results on a page.
    #[schema(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// The `nextCursor` of the page before, with the same search.
    cursor: Option<String>,
    /// `true`: count all documents that are found.
    #[schema(required = false, default = false)]
    total: bool,
}

/// A condition, or several put together.
#[derive(ToSchema)]
#[serde(untagged)]
enum Filter {
    Field(FieldFilter),
    Text(TextFilter),
    Compound(CompoundFilter),
}

/// The value at a path.
#[derive(ToSchema)]
struct FieldFilter {
    /// `filter`
    #[schema(pattern = "^filter$")]
    r#type: String,
    /// The path: the keys down to the value, with dots between them.
    #[schema(example = "address.city")]
    field: String,
    op: Operator,
    /// With what it is compared.
    #[schema(required = false)]
    value: Value,
}

/// How a value is compared.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum Operator {
    Eq,
    Ne,
    Contains,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    Exists,
    Starts,
}

/// A full-text search among other conditions.
#[derive(ToSchema)]
struct TextFilter {
    /// `text`
    #[schema(pattern = "^text$")]
    r#type: String,
    /// What is looked for, as one writes it into a search engine: `milk -oat "best before"`.
    #[schema(min_length = 1, max_length = 1_000)]
    query: String,
    /// Only in the texts at these paths; without them, in all.
    #[schema(required = false)]
    fields: Vec<String>,
}

/// Conditions put together.
#[derive(ToSchema)]
struct CompoundFilter {
    /// `and`, `or` or `not`
    #[schema(pattern = "^(and|or|not)$")]
    r#type: String,
    /// The conditions; exactly one with `not`.
    #[schema(no_recursion)]
    filters: Vec<Filter>,
}

/// A full-text search beside the filter: the query alone, or with the paths to look at.
#[derive(ToSchema)]
#[serde(untagged)]
enum Text {
    Query(String),
    Fields(TextQuery),
}

/// A full-text search in certain fields.
#[derive(ToSchema)]
struct TextQuery {
    /// What is looked for, as one writes it into a search engine: `milk -oat "best before"`.
    #[schema(min_length = 1, max_length = 1_000)]
    query: String,
    /// Only in the texts at these paths; without them, in all.
    #[schema(required = false)]
    fields: Vec<String>,
}

/// One term of an order; later terms decide what earlier ones find alike.
#[derive(ToSchema)]
struct SortTerm {
    /// A path, `_key`, `_rev` or, with a text, `_score`.
    field: String,
    #[schema(required = false)]
    direction: Direction,
}

/// The least first, or the greatest.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum Direction {
    Asc,
    Desc,
}

/// A page of what was found.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct SearchAnswer {
    results: Vec<SearchResult>,
    /// Leads to the next page; missing on the last one.
    #[schema(nullable = false)]
    next_cursor: Option<String>,
    /// How many documents are found on all pages; with `total: true`.
    #[schema(nullable = false)]
    total: Option<u64>,
}

/// A document that was found.
#[derive(ToSchema)]
struct SearchResult {
    _key: DocumentKey,
    _rev: Clock,
    /// Whose it is, where that is another user.
    #[schema(nullable = false)]
    _owner: Option<UserId>,
    /// What the caller may do with it, where it is another user's.
    #[schema(nullable = false)]
    _access: Option<Access>,
    /// How well its texts match; with a text.
    #[schema(nullable = false)]
    _score: Option<f64>,
    /// Where they match, by path; with a text. What matches stands between `<mark>` and `</mark>`.
    #[schema(nullable = false)]
    _highlight: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    fields: BTreeMap<String, Value>,
}
