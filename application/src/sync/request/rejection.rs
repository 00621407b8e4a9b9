use serde::Serialize;
use syncline_domain::{access::Access, document::Violation, hlc::UnixMillis, identifier::UserId};

use super::PushedChange;
use crate::registry::SchemaViolation;

/// A key that is too long is not repeated whole.
const MAX_KEY_CHARACTERS: usize = 400;

/// Why one change cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// Its key, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its owner, if that is another user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The kind of error.
    pub code: RejectionCode,
    /// One sentence.
    pub error: String,
    /// Each place that breaks a rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// The server's time in milliseconds, where a clock is too far ahead of it.
    #[serde(rename = "serverTime", skip_serializing_if = "Option::is_none")]
    pub server_time: Option<u64>,
}

/// The kind of a [`Rejection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionCode {
    /// It breaks a rule of the protocol.
    BadRequest,
    /// It breaks the collection's schema.
    SchemaValidationFailed,
    /// A revision is too far ahead.
    ClockSkew,
    /// The document of another is shared with the caller for reading only.
    Forbidden,
    /// The document of another is not shared with the caller.
    NotFound,
}

/// A place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// The document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The field, as a dot-path; empty for the document as a whole.
    pub field: String,
    /// The rule.
    pub message: String,
}

impl Rejection {
    /// Something cannot be stored, for the reason of a sentence.
    pub(crate) fn of(code: RejectionCode, error: String) -> Self {
        Self {
            key: None,
            owner: None,
            code,
            error,
            details: Vec::new(),
            server_time: None,
        }
    }

    /// A member of the change at `index` breaks a rule.
    pub(super) fn of_member(index: usize, key: &str, member: &str, rule: &str) -> Self {
        let key = (!key.is_empty()).then(|| key.chars().take(MAX_KEY_CHARACTERS).collect());
        Self {
            key,
            ..Self::of(
                RejectionCode::BadRequest,
                format!("changes[{index}].{member}: {rule}"),
            )
        }
    }

    /// The document of another user cannot be written with what the caller may do with it.
    pub(in crate::sync) fn of_access(change: &PushedChange, access: Option<Access>) -> Self {
        let key = change.key.as_str();
        let (code, error) = match access {
            None => (
                RejectionCode::NotFound,
                format!("The document `{key}` of this owner is not shared with you"),
            ),
            Some(_) => (
                RejectionCode::Forbidden,
                format!("The document `{key}` of this owner is shared with you for reading only"),
            ),
        };
        Self {
            key: Some(key.to_owned()),
            owner: change.owner.clone(),
            code,
            error,
            details: Vec::new(),
            server_time: None,
        }
    }

    pub(super) fn of_clock(
        index: usize,
        key: &str,
        member: &str,
        rule: &str,
        now: UnixMillis,
    ) -> Self {
        Self {
            code: RejectionCode::ClockSkew,
            server_time: Some(now.0),
            ..Self::of_member(index, key, member, rule)
        }
    }

    pub(super) fn of_document(key: &str, violations: Vec<Violation>) -> Self {
        let detail = |violation: Violation| Detail {
            key: Some(key.to_owned()),
            field: violation.path.into(),
            message: violation.rule,
        };
        let details: Vec<_> = violations.into_iter().map(detail).collect();
        let first = details
            .first()
            .map(|detail| format!("`{}`: {}", detail.field, detail.message));
        Self {
            owner: None,
            key: Some(key.to_owned()),
            code: RejectionCode::BadRequest,
            error: format!(
                "The document `{key}` cannot be stored: {}",
                first.unwrap_or_default()
            ),
            details,
            server_time: None,
        }
    }

    pub(super) fn of_schema(key: &str, violations: Vec<SchemaViolation>) -> Self {
        let detail = |violation: SchemaViolation| Detail {
            key: Some(key.to_owned()),
            field: violation.field,
            message: violation.message,
        };
        Self {
            owner: None,
            key: Some(key.to_owned()),
            code: RejectionCode::SchemaValidationFailed,
            error: "Schema validation failed".to_owned(),
            details: violations.into_iter().map(detail).collect(),
            server_time: None,
        }
    }
}
