//! What an import takes and reports, as it stands in JSON.
#![expect(
    dead_code,
    reason = "these types only describe what others read and write"
)]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    openapi::schema::{
        Access, ApplicationName, CollectionName, Conflict, DocumentKey, OrganisationId, UserId,
        Visibility,
    },
    routes::sync::Rejection,
};

/// An export that comes back.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct Import {
    /// Documents by application and collection, as they stand in the export. What is no document is
    /// listed in `rejected`.
    docs: BTreeMap<String, BTreeMap<String, Vec<Value>>>,
    /// Who may see them.
    #[schema(required = false)]
    doc_index: Vec<ImportedEntry>,
}

/// What of an access entry counts.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct ImportedEntry {
    doc_key: DocumentKey,
    app: ApplicationName,
    collection: CollectionName,
    visibility: Visibility,
    org_id: Option<OrganisationId>,
    #[schema(required = false)]
    shared_with: Vec<ImportedShare>,
}

/// What of a share counts.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct ImportedShare {
    user_id: UserId,
    access: Access,
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
    /// As it stands in the file.
    #[schema(required = false)]
    app: String,
    /// As it stands in the file.
    #[schema(required = false)]
    collection: String,
    #[serde(flatten)]
    rejection: Rejection,
}
