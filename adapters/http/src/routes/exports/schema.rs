//! Exports as they stand in JSON.
#![expect(
    dead_code,
    reason = "these types only describe what others read and write"
)]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use crate::{
    openapi::schema::{Document, OrganisationId, Time},
    routes::{auth::UserAnswer, doc_index::EntryAnswer, organisations::MemberAnswer},
};

/// How documents are written.
#[derive(ToSchema)]
#[schema(as = ExportFormat, rename_all = "lowercase")]
pub(super) enum Format {
    Json,
    #[schema(rename = "ndjson")]
    NdJson,
    Csv,
}

/// Documents by application and collection.
type Documents = BTreeMap<String, BTreeMap<String, Vec<Document>>>;

/// Everything that a user has.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct AccountExport {
    user: UserAnswer,
    /// Documents by application and collection.
    #[schema(value_type = BTreeMap<String, BTreeMap<String, Vec<Document>>>)]
    docs: Documents,
    /// Who may see them.
    doc_index: Vec<EntryAnswer>,
}

/// Everything that an organisation has.
#[derive(ToSchema)]
pub(super) struct OrganisationExport {
    org: ExportedOrganisation,
    members: Vec<MemberAnswer>,
    /// Documents by application and collection.
    #[schema(value_type = BTreeMap<String, BTreeMap<String, Vec<Document>>>)]
    docs: Documents,
}

/// An organisation as such.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct ExportedOrganisation {
    org_id: OrganisationId,
    name: String,
    created_at: Time,
}
