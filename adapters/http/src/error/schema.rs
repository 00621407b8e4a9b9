//! What stands in an error beside its sentence.
#![expect(dead_code, reason = "these types only describe what others write")]

use utoipa::ToSchema;

use crate::openapi::schema::DocumentKey;

/// A place that breaks a rule.
#[derive(ToSchema)]
#[schema(example = json!({ "key": "groceries", "field": "title", "message": "it is missing" }))]
pub(crate) struct Detail {
    /// The document.
    #[schema(value_type = Option<DocumentKey>, nullable = false)]
    key: Option<String>,
    /// The field, as a path; empty for the document as a whole.
    field: String,
    /// The rule.
    message: String,
}

/// Which limit an expired session met: that of idle ones, or that of all.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(super) enum SessionLimit {
    Idle,
    Hard,
}
