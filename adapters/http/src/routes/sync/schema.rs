//! A sync as it stands in JSON.
#![expect(
    dead_code,
    reason = "these types only describe what others read and write"
)]

mod change;

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    error::Detail,
    openapi::schema::{Access, Clock, CollectionName, Conflict, DocumentKey, Revisions, UserId},
};

/// What a device changed in a collection, and what it has seen of it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct SyncRequest {
    collection: CollectionName,
    /// The `serverClock` of the last answer; without it, nothing was seen.
    #[schema(required = false)]
    client_clock: Clock,
    /// What the device changed: at most 1,000 documents, each once.
    #[schema(required = false, max_items = 1_000)]
    changes: Vec<change::Change>,
    /// `2`: the caller understands `_deleted`, `_removed`, `reset` and documents of others whose key
    /// it also has. Without it, it gets none of these.
    #[schema(required = false, default = 0)]
    protocol: u32,
    /// Names the device, which then hears again the conflict reports of its own pushes that
    /// `clientClock` does not include.
    #[schema(
        min_length = 1,
        max_length = 1_003,
        pattern = "^[ -~]+$",
        example = "phone"
    )]
    node: Option<String>,
    /// At most so many documents in this answer; without it, all.
    #[schema(minimum = 1, maximum = 5_000)]
    limit: Option<u32>,
    /// `false`: leave out of `serverChanges` what is stored just as this request pushed it.
    #[schema(required = false, default = true)]
    echo: bool,
    /// `true`: store the valid changes and list the others in `rejected`, instead of refusing the
    /// whole request.
    #[schema(required = false, default = false)]
    partial: bool,
}

/// A document was made or changed.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct Edit {
    key: DocumentKey,
    /// The whole document as the device has it. Its fields do not begin with `_`.
    doc: BTreeMap<String, Value>,
    /// The device's clock for each path that it changed or removed. A path that `doc` lacks was
    /// removed only if it stands here.
    field_revs: Option<Revisions>,
    /// The `serverClock` from which the device had the document that it edited; none for a new one.
    base_clock: Option<Clock>,
    /// The device's own earlier clocks of paths, pushed but perhaps never answered, from which the
    /// new values were made.
    after: Option<Revisions>,
    /// Whose document it is, if that is another user.
    owner: Option<UserId>,
}

/// A document was deleted.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct Deletion {
    key: DocumentKey,
    #[schema(schema_with = change::yes)]
    deleted: bool,
    #[schema(schema_with = change::deletion_revisions)]
    field_revs: Revisions,
    /// The `serverClock` from which the device had the document.
    base_clock: Option<Clock>,
    /// Whose document it is, if that is another user.
    owner: Option<UserId>,
}

/// What is stored of the changes, and what the device has not seen.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct SyncAnswer {
    /// What both sides changed; it is resolved already.
    conflicts: Vec<Conflict>,
    /// What was stored as it was pushed and is left out of `serverChanges`; with `echo: false`.
    #[schema(required = false)]
    accepted: Vec<Accepted>,
    /// What was not stored; with `partial: true`.
    #[schema(required = false)]
    rejected: Vec<Rejection>,
    /// `true`: the device's clock could not be used, and this is the whole state.
    #[schema(nullable = false)]
    reset: Option<bool>,
    /// With `reset`: the database came back older than its clients, who push again what they hold
    /// above this clock.
    #[schema(nullable = false)]
    heal_from: Option<Clock>,
    /// The documents that the device has not seen.
    server_changes: Vec<ServerChange>,
    /// What the device has seen now: the `clientClock` of its next request.
    server_clock: Clock,
    /// `true`: there is more; sync again at once.
    #[schema(nullable = false)]
    has_more: Option<bool>,
}

/// A document as it is now; without fields, one that was deleted or that the caller may no longer
/// see.
#[derive(ToSchema)]
struct ServerChange {
    _key: DocumentKey,
    /// Missing where the caller may no longer see the document.
    #[schema(nullable = false)]
    _rev: Option<Clock>,
    #[schema(rename = "_fieldRevs", nullable = false)]
    field_revisions: Option<Revisions>,
    /// `true`: it was deleted.
    #[schema(nullable = false)]
    _deleted: Option<bool>,
    /// `true`: the caller may no longer see it.
    #[schema(nullable = false)]
    _removed: Option<bool>,
    /// Whose it is, where that is another user.
    #[schema(nullable = false)]
    _owner: Option<UserId>,
    /// What the caller may do with it, where it is another user's.
    #[schema(nullable = false)]
    _access: Option<Access>,
    #[serde(flatten)]
    fields: BTreeMap<String, Value>,
}

/// A document that is stored as it was pushed.
#[derive(ToSchema)]
struct Accepted {
    key: DocumentKey,
    /// Whose it is, where that is another user.
    #[schema(nullable = false)]
    owner: Option<UserId>,
    rev: Clock,
}

/// Why a change was not stored.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(in crate::routes) struct Rejection {
    /// Its key, as far as it could be read.
    #[schema(nullable = false)]
    key: Option<String>,
    /// Whose document it is, where that is another user.
    #[schema(nullable = false)]
    owner: Option<UserId>,
    code: RejectionCode,
    /// One sentence.
    error: String,
    /// Each place that breaks a rule.
    #[schema(required = false)]
    details: Vec<Detail>,
    /// The server's time in milliseconds, where a clock is too far ahead of it.
    #[schema(nullable = false)]
    server_time: Option<u64>,
}

/// The kind of a rejection, for programs.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum RejectionCode {
    BadRequest,
    SchemaValidationFailed,
    ClockSkew,
    Forbidden,
    NotFound,
}
