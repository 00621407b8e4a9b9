//! What becomes of one change.

use serde::Serialize;
use serde_json::Value;
use syncline_domain::{
    document::{Document, check, encoded_bytes, same_document},
    hlc::{Hlc, Node, UnixMillis},
    identifier::UserId,
    merge::{
        Conflict, DELETED, Edit, MergeInput, Merged, PushedField, PushedValue, Version, Winner,
        forget_removals, merge, prefer_whole_side,
    },
    path::Path,
};

use super::base::Base;
use crate::{
    cursor::Presented,
    ports::{History, NewPush, StoredVersion},
    registry::CollectionSchema,
    sync::{
        SyncError, SyncService,
        request::{PushedChange, Rejection, SyncRequest},
    },
};

/// What is to be stored of a change.
#[derive(Debug, Default)]
pub(super) struct Decision {
    /// The next version; none if the document stays as it is.
    pub(super) version: Option<Version>,
    /// What to remember of the push.
    pub(super) pushes: Vec<NewPush>,
    /// Whether it was an edit of a document whose tombstone is gone.
    pub(super) is_purged: bool,
    /// Why the caller may not make the change.
    pub(super) rejection: Option<Rejection>,
}

/// A conflict as it stands in an answer.
#[derive(Serialize)]
struct Report<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a UserId>,
    #[serde(flatten)]
    conflict: &'a Conflict,
}

impl SyncService {
    pub(super) fn decide(
        &self,
        request: &SyncRequest,
        change: &PushedChange,
        base: &Base,
        current: Option<&StoredVersion>,
        history: &History,
        horizon: Option<UnixMillis>,
    ) -> Result<Decision, SyncError> {
        if current.is_none() && is_purged(change, base, horizon) {
            return Ok(Decision {
                is_purged: true,
                ..Decision::default()
            });
        }
        let scope = &request.scope;
        let schema = self
            .registry
            .get(&scope.application)
            .and_then(|it| it.schema(&scope.collection));
        let stamp = self.clock.stamp(greatest_revision(&change.edit, current))?;
        let input = MergeInput {
            edit: &change.edit,
            current: current.map(|current| &current.version),
            ancestor: base.ancestor(change, current, history),
            versions: &history.versions,
            pushes: &history.pushes,
            is_prose: &|path| schema.is_none_or(|schema| schema.is_prose(path)),
            stamp: &stamp,
        };
        let mut merged = merge(&input);
        if self.breaks_rules(&merged, &input, schema) {
            merged = prefer_whole_side(&input);
        }
        if let Some(version) = &mut merged.version {
            forget_removals(version, self.limits.document_bytes);
        }
        let skew = self.limits.clock_skew_millis;
        if current.is_none() && may_be_deleted(request, change, base, horizon, skew) {
            merged.pushes.extend(recreation(change, &merged));
        }
        Ok(Decision::of(request, change, merged))
    }

    /// A merge is not stored when it breaks the schema that the device's document keeps, or a limit of
    /// documents: no device could store an edit of it.
    fn breaks_rules(
        &self,
        merged: &Merged,
        input: &MergeInput<'_>,
        schema: Option<&CollectionSchema>,
    ) -> bool {
        let Some(version) = merged.version.as_ref().filter(|version| !version.deleted) else {
            return false;
        };
        let keeps_schema = || schema.is_none_or(|schema| schema.accepts(&version.content));
        !(is_as_pushed(version, input.edit)
            || self.keeps_limits(&version.content, input.current) && keeps_schema())
    }

    /// Whether a document keeps the limits, or comes from one that did not, and is no larger: they may be lower
    /// than they were.
    fn keeps_limits(&self, content: &Document, current: Option<&Version>) -> bool {
        let most_bytes = self.limits.document_bytes;
        check(content, most_bytes).is_ok()
            || current.is_some_and(|current| {
                check(&current.content, most_bytes).is_err()
                    && encoded_bytes(content) <= encoded_bytes(&current.content)
            })
    }
}

impl Decision {
    pub(super) fn rejected(rejection: Rejection) -> Self {
        Self {
            rejection: Some(rejection),
            ..Self::default()
        }
    }

    /// Whether there is nothing to store.
    pub(super) fn is_idle(&self) -> bool {
        self.version.is_none() && self.pushes.is_empty()
    }

    fn of(request: &SyncRequest, change: &PushedChange, merged: Merged) -> Self {
        let device = pusher(request, change);
        let report = |conflict: Conflict| {
            let report = Report {
                key: change.key.as_str(),
                owner: change.owner.as_ref(),
                conflict: &conflict,
            };
            serde_json::to_value(report).ok()
        };
        let pushes = merged.pushes.into_iter().map(|push| NewPush {
            value: push.value,
            device: device.clone(),
            report: push.conflict.and_then(report),
        });
        Self {
            version: merged.version,
            pushes: pushes.collect(),
            ..Self::default()
        }
    }
}

/// The device that pushes. One that does not say which it is stamped the newest of the change: what it has of
/// others it has seen before.
fn pusher(request: &SyncRequest, change: &PushedChange) -> Node {
    let newest = || greatest_revision(&change.edit, None).node();
    request.node.as_ref().unwrap_or_else(newest).clone()
}

/// Whether a version is what the device pushed.
pub(super) fn is_as_pushed(version: &Version, edit: &Edit) -> bool {
    match &edit.content {
        Some(content) => !version.deleted && same_document(&version.content, content),
        None => version.deleted,
    }
}

/// Whether a change without a document is one to a document that was deleted and purged: the
/// device has synced before, and everything it says is older than both that and the horizon.
fn is_purged(change: &PushedChange, base: &Base, horizon: Option<UnixMillis>) -> bool {
    let newest = change.edit.revisions.values().max();
    let (Some(horizon), Some(newest), Some(_)) = (horizon, newest, base.time()) else {
        return false;
    };
    Some(newest) <= change.base.as_ref() && newest.millis() < horizon
}

/// Whether there may have been such a document that others deleted, and of which the device heard nothing
/// since the horizon, or since it went with an account. It may have made the document itself, and pushed it before it heard anything of it.
fn may_be_deleted(
    request: &SyncRequest,
    change: &PushedChange,
    base: &Base,
    horizon: Option<UnixMillis>,
    skew: u64,
) -> bool {
    // By clocks that may be ahead.
    let is_old = |revision: &Hlc| {
        horizon.is_some_and(|horizon| revision.millis().0 < horizon.0.saturating_add(skew))
    };
    let PushedChange { edit, .. } = change;
    match base {
        Base::Seen(_) => false,
        Base::Purged(_) => true,
        Base::Unknown => change.base.as_ref().is_some_and(is_old),
        Base::Nothing => {
            let has_pushed = !edit.after.is_empty();
            let is_away = match &request.presented {
                Presented::Nothing | Presented::Clock(_) => false,
                Presented::Cursor(cursor) => Some(cursor.oldest()) < horizon,
                Presented::Foreign(clock) => is_old(clock),
            };
            let mut made = edit.revisions.values().chain(edit.after.values());
            (has_pushed || is_away) && made.any(is_old)
        }
    }
}

/// What is reported when a document is created again that the device may not know was deleted.
fn recreation(change: &PushedChange, merged: &Merged) -> Option<PushedField> {
    let version = merged.version.as_ref().filter(|version| !version.deleted)?;
    let content = Value::Object(version.content.clone());
    let revision = change
        .edit
        .revisions
        .values()
        .max()
        .cloned()
        .unwrap_or_else(Hlc::zero);
    let conflict = Conflict {
        field: Path::of_key(DELETED),
        local_rev: revision.clone(),
        remote_rev: Hlc::zero(),
        local_value: content.clone(),
        remote_value: Value::Bool(true),
        winner: Winner::Local,
        winner_value: content.clone(),
        merge_strategy: None,
        reason: None,
    };
    let path = Path::of_key(DELETED);
    let value = PushedValue {
        path,
        revision,
        value: Some(content),
        version: version.number,
    };
    Some(PushedField {
        value,
        conflict: Some(conflict),
    })
}

fn greatest_revision<'a>(edit: &'a Edit, current: Option<&'a StoredVersion>) -> &'a Hlc {
    static ZERO: std::sync::LazyLock<Hlc> = std::sync::LazyLock::new(Hlc::zero);
    let current = current.map(|current| &current.version.revision);
    edit.revisions
        .values()
        .chain(current)
        .max()
        .unwrap_or(&ZERO)
}
