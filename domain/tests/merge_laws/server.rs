//! A server of one document, as small as can be around the merge.

use syncline_domain::{
    document::Document,
    hlc::{Hlc, Node, UnixMillis},
    merge::{Ancestor, Conflict, Edit, MergeInput, Merged, PushedValue, Version, merge},
};

/// What the device says of what it had seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Base {
    /// So many versions.
    Versions(usize),
    /// It cannot be known.
    Unknown,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Server {
    pub(crate) versions: Vec<Version>,
    pub(crate) pushes: Vec<PushedValue>,
}

impl Server {
    pub(crate) fn current(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The document; empty if there is none.
    pub(crate) fn content(&self) -> Document {
        self.current()
            .map(|current| current.content.clone())
            .unwrap_or_default()
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.current().is_some_and(|current| current.deleted)
    }

    /// The version that the device made its edit from.
    pub(crate) fn origin(&self, base: Base) -> Option<&Version> {
        match base {
            Base::Versions(seen) => self.versions[..seen].last(),
            Base::Unknown => self.current(),
        }
    }

    /// The same, as far as the server knows it.
    pub(crate) fn ancestor(&self, base: Base) -> Ancestor<'_> {
        match (base, self.origin(base)) {
            (_, None) => Ancestor::Nothing,
            (Base::Unknown, _) => Ancestor::Unknown,
            (_, Some(version)) => Ancestor::Version(version),
        }
    }

    pub(crate) fn merged(&self, edit: &Edit, base: Base) -> Merged {
        merge(&MergeInput {
            edit,
            current: self.current(),
            ancestor: self.ancestor(base),
            versions: &self.versions[..self.versions.len().saturating_sub(1)],
            pushes: &self.pushes,
            is_prose: &|path| !path.as_str().starts_with("code"),
            stamp: &self.stamp(edit),
        })
    }

    /// Takes an edit in, and gives the conflicts.
    pub(crate) fn push(&mut self, edit: &Edit, base: Base) -> Vec<Conflict> {
        let merged = self.merged(edit, base);
        self.versions.extend(merged.version);
        let (values, conflicts): (Vec<_>, Vec<_>) = merged
            .pushes
            .into_iter()
            .map(|push| (push.value, push.conflict))
            .unzip();
        self.pushes.extend(values);
        conflicts.into_iter().flatten().collect()
    }

    fn stamp(&self, edit: &Edit) -> Hlc {
        let current = self.current().map(|current| &current.revision);
        let latest = edit.revisions.values().chain(current).max();
        let server = Hlc::zero().with_node(Node::new("server~1").unwrap());
        server
            .receive(latest.unwrap_or(&server), UnixMillis(0))
            .unwrap()
    }
}
