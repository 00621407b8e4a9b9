//! Documents and conflicts, which the database and the domain write.
#![expect(dead_code, reason = "these types only describe what others write")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::{Clock, DocumentKey, UserId};

/// The clock of each path that was ever changed. A path names the keys down to a value, with dots
/// between them: `address.city`.
#[derive(ToSchema)]
#[schema(example = json!({ "title": "0019ab3f5c2d0-000000-phone" }))]
pub(crate) struct Revisions(BTreeMap<String, Clock>);

/// What somebody may do with a document of another user.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum Access {
    Read,
    Write,
}

/// A document: the application's own fields, and beside them what the server says of it in members
/// that begin with `_`.
#[derive(ToSchema)]
#[schema(example = json!({
    "_key": "groceries",
    "_rev": "0019ab3f5c2d0-000000-server~1",
    "_fieldRevs": { "title": "0019ab3f5c2d0-000000-phone" },
    "title": "Buy milk",
}))]
pub(crate) struct Document {
    _key: DocumentKey,
    /// Changes with every change of the document.
    _rev: Clock,
    #[schema(rename = "_fieldRevs")]
    field_revisions: Revisions,
    /// Whose it is, where that is another user.
    #[schema(nullable = false)]
    _owner: Option<UserId>,
    /// What the caller may do with it, where it is another user's.
    #[schema(nullable = false)]
    _access: Option<Access>,
    /// `true` in a version in which the document was deleted.
    #[schema(nullable = false)]
    _deleted: Option<bool>,
    #[serde(flatten)]
    fields: BTreeMap<String, Value>,
}

/// A document as a link shows it: without the clocks of its fields, which only devices need.
#[derive(ToSchema)]
pub(crate) struct LinkedDocument {
    _key: DocumentKey,
    /// Changes with every change of the document.
    _rev: Clock,
    #[serde(flatten)]
    fields: BTreeMap<String, Value>,
}

/// Both sides changed a field: `local` is the device's side, `remote` the server's. The stored
/// document shows who won; the loser's value stands here, to be restored if need be.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "key": "groceries",
    "field": "title",
    "localRev": "0019ab3f5c2d0-000000-phone",
    "remoteRev": "0019ab3f5c1aa-000000-laptop",
    "localValue": "Buy oat milk",
    "remoteValue": "Buy milk and bread",
    "winner": "local",
    "winnerValue": "Buy oat milk",
}))]
pub(crate) struct Conflict {
    key: DocumentKey,
    /// Whose document it is, where that is another user's.
    #[schema(nullable = false)]
    owner: Option<UserId>,
    /// The path of the field; `_deleted` where one side deleted the document.
    field: String,
    /// The device's revision.
    local_rev: Clock,
    /// The server's revision.
    remote_rev: Clock,
    /// The device's value; `null` where it removed the field.
    local_value: Value,
    /// The server's value; `null` where it had removed the field.
    remote_value: Value,
    winner: Winner,
    /// What is stored.
    winner_value: Value,
    #[schema(nullable = false)]
    merge_strategy: Option<MergeStrategy>,
    #[schema(nullable = false)]
    reason: Option<Reason>,
}

/// Whose value is stored: the device's, the server's, or one made of both.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
enum Winner {
    Local,
    Remote,
    AutoMerged,
}

/// How two values were made one: line by line.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
enum MergeStrategy {
    TextAutoMerged,
}

/// Why a conflict is reported, where that is not simply that both sides changed the field: a merge
/// would have broken the collection's schema, the report was given before, or only its node says
/// that the device saw the server's value.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
enum Reason {
    Schema,
    Repeated,
    SameNode,
}

/// To whom a document is visible beside its owner: to nobody, to the users it is shared with, to the
/// members of an organisation, or to everybody.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum Visibility {
    Private,
    Shared,
    Org,
    Public,
}

/// What a member is in an organisation: an admin decides who is in it.
#[derive(ToSchema)]
pub(crate) enum Role {
    #[schema(rename = "org-admin")]
    Admin,
    #[schema(rename = "member")]
    Member,
}
