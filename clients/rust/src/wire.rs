//! Requests and answers of `POST /{application}/sync`, as they are written in JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use syncline_domain::{
    document::Document,
    hlc::{Hlc, Node, UnixMillis},
    identifier::{CollectionName, DocumentKey, UserId},
    merge::{Conflict, FieldRevisions},
    rebase::{Push, ServerDocument},
};

use crate::DocumentId;

/// The version of the protocol in which a server tells of deletions, removals and resets.
pub const PROTOCOL: u32 = 2;

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncRequest {
    /// Always [`PROTOCOL`].
    pub protocol: u32,
    /// Which collection.
    pub collection: CollectionName,
    /// The device.
    #[serde(serialize_with = "as_text")]
    pub node: Node,
    /// The last `serverClock`; [`Hlc::zero`] before the first.
    pub client_clock: Hlc,
    /// What the device edited.
    pub changes: Vec<DocumentChange>,
    /// At most so many documents in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Always false: what is stored as it was pushed need not come back.
    pub echo: bool,
    /// Always true: one bad document does not block the others.
    pub partial: bool,
}

fn as_text<S: Serializer>(node: &Node, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(node.as_str())
}

/// What became of one document on the device.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentChange {
    /// The document.
    pub key: DocumentKey,
    /// Its owner, if that is another user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// Its fields; none if it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<Document>,
    /// Whether it was deleted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// The revision of each field, removed ones included.
    pub field_revs: FieldRevisions,
    /// What the device had seen when it began to edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_clock: Option<Hlc>,
    /// The revisions from which values were made, where they are newer than that.
    #[serde(skip_serializing_if = "FieldRevisions::is_empty")]
    pub after: FieldRevisions,
}

impl DocumentChange {
    pub(crate) fn new(id: &DocumentId, push: &Push) -> Self {
        Self {
            key: id.key.clone(),
            owner: id.owner.clone(),
            doc: push.content.clone(),
            deleted: push.content.is_none(),
            field_revs: push.field_revisions.clone(),
            base_clock: push.base_clock.clone(),
            after: push.after.clone(),
        }
    }
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncAnswer {
    /// What the client has seen now.
    pub server_clock: Hlc,
    /// Documents that the client has not seen.
    pub server_changes: Vec<ServerChange>,
    /// Fields that both sides changed.
    pub conflicts: Vec<ReportedConflict>,
    /// Documents that are stored as they were pushed.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
    /// Changes that were not stored.
    #[serde(default)]
    pub rejected: Vec<Rejection>,
    /// Whether more is waiting.
    #[serde(default)]
    pub has_more: bool,
    /// Whether this begins the whole state anew.
    #[serde(default)]
    pub reset: bool,
    /// The server came back from a backup: what the client holds above this is to be pushed again.
    pub heal_from: Option<Hlc>,
}

/// The state of a document.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ServerChange {
    /// The document.
    #[serde(rename = "_key")]
    pub key: DocumentKey,
    /// When it was stored; none for a removal.
    #[serde(rename = "_rev")]
    pub revision: Option<Hlc>,
    /// The revision of each field.
    #[serde(rename = "_fieldRevs", default)]
    pub field_revisions: FieldRevisions,
    /// Whether it is a tombstone.
    #[serde(rename = "_deleted", default)]
    pub deleted: bool,
    /// Whether the client may no longer see it.
    #[serde(rename = "_removed", default)]
    pub removed: bool,
    /// Its owner, if that is another user.
    #[serde(rename = "_owner")]
    pub owner: Option<UserId>,
    /// What the client may do with another user's document.
    #[serde(rename = "_access")]
    pub access: Option<Access>,
    /// Its fields, and members of the protocol that this client does not know.
    #[serde(flatten)]
    content: Document,
}

impl ServerChange {
    /// Which document it is.
    #[must_use]
    pub fn id(&self) -> DocumentId {
        DocumentId {
            owner: self.owner.clone(),
            key: self.key.clone(),
        }
    }

    /// The document; none if it is removed.
    #[must_use]
    pub fn into_document(mut self) -> Option<ServerDocument> {
        let revision = self.revision.filter(|_| !self.removed)?;
        self.content.retain(|name, _| !name.starts_with('_'));
        Some(ServerDocument {
            revision,
            field_revisions: self.field_revisions,
            content: self.content,
            deleted: self.deleted,
        })
    }
}

/// What a client may do with another user's document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// See and edit it.
    Write,
    /// See it. What a later server may say besides is no leave to do more.
    #[serde(other)]
    Read,
}

/// A document that is stored as it was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Accepted {
    /// The document.
    pub key: DocumentKey,
    /// Its revision.
    pub rev: Hlc,
    /// Its owner, if that is another user.
    pub owner: Option<UserId>,
}

/// Why a change was not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejection {
    /// The document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its owner, if that is another user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The kind of error.
    pub code: String,
    /// One sentence.
    pub error: String,
    /// Each place that breaks a rule.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "known_details"
    )]
    pub details: Vec<Detail>,
    /// The server's time, where a clock is too far ahead of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_time: Option<UnixMillis>,
}

/// A place in a document that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// The document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The field, as a dot-path; empty for the document as a whole.
    #[serde(default)]
    pub field: String,
    /// The rule.
    pub message: String,
}

/// The places that are told in the form that this client knows: others are not worth the rest of an answer.
pub(crate) fn known_details<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Detail>, D::Error> {
    let details = match Value::deserialize(deserializer)? {
        Value::Array(details) => details,
        _ => Vec::new(),
    };
    let known = details.into_iter().map(serde_json::from_value);
    Ok(known.filter_map(Result::ok).collect())
}

/// A field of a document that both sides changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportedConflict {
    /// The document.
    pub key: DocumentKey,
    /// Its owner, if that is another user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// What was decided, and both values.
    #[serde(flatten)]
    pub conflict: Conflict,
}
