//! Documents one by one, as they stand in JSON.
#![expect(dead_code, reason = "these types only describe what others write")]

use utoipa::ToSchema;

use crate::openapi::schema::{Clock, Conflict, Document};

/// A document, and from when.
#[derive(ToSchema)]
pub(super) struct ReadDocument {
    document: Document,
    /// The `baseClock` of an edit made from it.
    clock: Clock,
}

/// A page of versions, the newest first.
#[derive(ToSchema)]
#[schema(as = DocumentVersions, rename_all = "camelCase")]
pub(super) struct Versions {
    versions: Vec<Document>,
    /// Leads to the next page; missing on the last one.
    #[schema(nullable = false)]
    next_cursor: Option<String>,
}

/// A document of which an old version was taken back.
#[derive(ToSchema)]
#[schema(as = RestoredDocument)]
pub(super) struct Restored {
    /// As it is then; `null` if that is deleted.
    #[schema(required = true)]
    document: Option<Document>,
    /// The `baseClock` of an edit made from it; missing where there is no document.
    #[schema(nullable = false)]
    clock: Option<Clock>,
    /// What this met of edits made at the same time.
    conflicts: Vec<Conflict>,
}
