use serde::Serialize;
use serde_json::Value;
use syncline_domain::{
    hlc::Hlc,
    identifier::{DocumentKey, UserId},
};

use super::{Rejection, pull::Changes};

/// What a request is answered with. The changes follow page by page.
pub struct SyncAnswer {
    /// The conflicts that the request met, and reports that its device may have missed.
    pub conflicts: Vec<Value>,
    /// What became of the pushed documents that are left out of the changes; with `echo: false`.
    pub accepted: Option<Vec<Accepted>>,
    /// The changes that were not stored; with `partial: true`.
    pub rejected: Option<Vec<Rejection>>,
    /// Whether this is the whole state, because the caller's clock could not be used.
    pub reset: bool,
    /// From which clock on the caller has to push again what it holds.
    pub heal_from: Option<Hlc>,
    /// The documents that the caller has not seen.
    pub changes: Changes,
}

/// A pushed document that is stored as it was pushed.
#[derive(Clone, Debug, Serialize)]
pub struct Accepted {
    /// The document.
    pub key: DocumentKey,
    /// Its owner, if that is another user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// Its revision.
    pub rev: Hlc,
}

/// What ends an answer, when all its changes were read.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Closing {
    /// What the caller has seen now.
    pub server_clock: Hlc,
    /// Whether the caller has to sync again at once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_more: bool,
}
