//! What an import takes and reports, as it stands in JSON.
#![expect(
    dead_code,
    reason = "these types only describe what others read and write"
)]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use crate::{
    openapi::schema::{ApplicationName, CollectionName, Conflict, Document},
    routes::{doc_index::EntryAnswer, sync::Rejection},
};

/// An export that comes back.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct Import {
    /// Documents by application and collection.
    docs: BTreeMap<String, BTreeMap<String, Vec<Document>>>,
    /// Who may see them.
    #[schema(required = false)]
    doc_index: Vec<EntryAnswer>,
}

/// What an import did.
#[derive(ToSchema)]
#[schema(as = ImportReport)]
pub(super) struct Report {
    /// How many documents are stored as they came.
    imported: u64,
    /// How many were so already.
    unchanged: u64,
    /// How many were merged with what is stored.
    merged: u64,
    /// Of how many documents the file said who may see them.
    entries: u64,
    /// The conflicts that this met.
    conflicts: Vec<Conflict>,
    /// The documents that cannot be stored.
    rejected: Vec<ImportRejection>,
    /// How many more there are of either than this lists.
    #[schema(required = false, minimum = 1)]
    unlisted: u64,
}

/// Why a document, or a whole collection, is not imported.
#[derive(ToSchema)]
struct ImportRejection {
    /// Its line, of a file with a document a line; the first one has the number 1.
    #[schema(required = false, minimum = 1)]
    line: u64,
    #[schema(required = false)]
    app: ApplicationName,
    #[schema(required = false)]
    collection: CollectionName,
    #[serde(flatten)]
    rejection: Rejection,
}
