//! A server of one document, as small as it can be around the real merge.

use syncline_domain::{
    hlc::{Hlc, UnixMillis},
    merge::{Ancestor, Conflict, Edit, MergeInput, PushedValue, Version, merge},
    rebase::{Push, ServerDocument},
};

use crate::history::node;

#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    versions: Vec<Version>,
    pushes: Vec<PushedValue>,
    pub(crate) conflicts: Vec<Conflict>,
}

impl Server {
    /// A clock that says how much of the document its holder has seen.
    pub(crate) fn clock(&self, time: u64) -> Hlc {
        let node = node(&format!("server~{}", self.versions.len()));
        Hlc::new(UnixMillis(time), node).unwrap()
    }

    pub(crate) fn push(&mut self, push: &Push, time: u64) {
        let ancestor = match seen(push.base_clock.as_ref()) {
            0 => Ancestor::Nothing,
            number => Ancestor::Version(&self.versions[number - 1]),
        };
        let superseded = self.versions.len().saturating_sub(1);
        let edit = Edit {
            content: push.content.clone(),
            revisions: push.field_revisions.clone(),
            after: push.after.clone(),
        };
        let merged = merge(&MergeInput {
            edit: &edit,
            current: self.versions.last(),
            ancestor,
            versions: &self.versions[..superseded],
            pushes: &self.pushes,
            is_prose: &|_| true,
            stamp: &self.clock(time),
        });
        self.versions.extend(merged.version);
        for push in merged.pushes {
            self.pushes.push(push.value);
            self.conflicts.extend(push.conflict);
        }
    }

    /// The document, if the holder of `clock` has not seen its present state.
    pub(crate) fn pull(&self, clock: Option<&Hlc>) -> Option<ServerDocument> {
        if seen(clock) == self.versions.len() {
            return None;
        }
        let current = self.versions.last()?;
        Some(ServerDocument {
            revision: current.revision.clone(),
            field_revisions: current.field_revisions.clone(),
            content: current.content.clone(),
            deleted: current.deleted,
        })
    }
}

/// How many versions a clock of this server has seen.
fn seen(clock: Option<&Hlc>) -> usize {
    let number = |clock: &Hlc| {
        clock
            .node()
            .as_str()
            .strip_prefix("server~")
            .map(str::parse)
    };
    clock.and_then(number).map_or(0, Result::unwrap)
}
