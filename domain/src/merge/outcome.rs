use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Version, past::PushedValue};
use crate::{hlc::Hlc, path::Path};

/// What a merge decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// The version that takes the place of the current one; none when nothing changes.
    pub version: Option<Version>,
    /// What the device pushed and the resulting version does not show, or that met a conflict.
    pub pushes: Vec<PushedField>,
}

/// A pushed value to remember, and the conflict that it met.
#[derive(Clone, Debug, PartialEq)]
pub struct PushedField {
    /// What was pushed.
    pub value: PushedValue,
    /// What is reported of it.
    pub conflict: Option<Conflict>,
}

/// Both sides changed a field; `local` is the device's side, `remote` the server's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// Which field; `_deleted` when one side deleted the document.
    pub field: Path,
    /// The device's revision.
    pub local_rev: Hlc,
    /// The server's revision.
    pub remote_rev: Hlc,
    /// The device's value; `null` when it removed the field.
    pub local_value: Value,
    /// The server's value; `null` when it had removed the field.
    pub remote_value: Value,
    /// Whose value is stored.
    pub winner: Winner,
    /// What is stored.
    pub winner_value: Value,
    /// How an auto-merge was made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub merge_strategy: Option<MergeStrategy>,
    /// Why it is reported, where that is not simply that both sides changed the field.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Reason>,
}

/// Whose value a conflict ends with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Winner {
    /// The device's.
    Local,
    /// The server's.
    Remote,
    /// One made of both.
    AutoMerged,
    /// The word of a later server.
    #[serde(untagged)]
    Other(String),
}

/// How two values were made one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MergeStrategy {
    /// Line by line.
    TextAutoMerged,
    /// The word of a later server.
    #[serde(untagged)]
    Other(String),
}

/// Why a conflict is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A merge of both sides would break the schema, or a limit of documents, so one side won whole.
    Schema,
    /// The report was given before.
    Repeated,
    /// Only its node says that the device saw the server's value.
    SameNode,
    /// The word of a later server.
    #[serde(untagged)]
    Other(String),
}
