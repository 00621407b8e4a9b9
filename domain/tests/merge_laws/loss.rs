//! Whatever either side did is in the merged document, or named in a conflict.

use proptest::prelude::*;
use serde_json::Value;
use syncline_domain::{
    document::{Document, flatten, get, same_value},
    merge::{Ancestor, Conflict, DELETED, Edit},
    path::Path,
};

use crate::{
    history::{Devices, changed, turns},
    server::{Base, Server},
};

/// One push: the documents on both sides of it.
struct Step {
    edit: Edit,
    base: Base,
    history: Server,
    after: Document,
    conflicts: Vec<Conflict>,
}

fn is_same(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => same_value(left, right),
        (None, None) => true,
        _ => false,
    }
}

fn is_above(above: &Path, path: &Path) -> bool {
    path.above().any(|path| path == above.as_str())
}

fn is_related(left: &Path, right: &Path) -> bool {
    left == right || is_above(left, right) || is_above(right, left)
}

/// The part of a reported value that lies at `path`; none if there was none.
fn part<'a>(field: &Path, value: &'a Value, path: &Path) -> Option<&'a Value> {
    if field == path {
        return Some(value).filter(|value| !value.is_null());
    }
    let skipped = if field.as_str() == DELETED {
        0
    } else {
        field.keys().count()
    };
    let mut below = path.keys().skip(skipped);
    let part = below.try_fold(value, |value, key| value.as_object()?.get(key.as_ref()));
    part.filter(|value| !value.is_null())
}

/// Whether a conflict says that one side had `value` at `path`, or that it had nothing there.
fn names(conflict: &Conflict, reported: &Value, path: &Path, value: Option<&Value>) -> bool {
    let field = &conflict.field;
    let covers = field == path || is_above(field, path) || field.as_str() == DELETED;
    let value = value.filter(|value| !value.is_null());
    let part = part(field, reported, path);
    // Where there was no leaf, there may have been an object.
    let is_object = part
        .and_then(Value::as_object)
        .is_some_and(|object| !object.is_empty());
    covers && (is_same(part, value) || (is_object && value.is_none()))
}

impl Step {
    fn new(server: &mut Server, edit: Edit, base: Base) -> Self {
        let history = server.clone();
        let conflicts = server.push(&edit, base);
        Self {
            edit,
            base,
            history,
            after: server.content(),
            conflicts,
        }
    }

    fn local(&self) -> Document {
        self.edit.content.clone().unwrap_or_default()
    }

    /// What the device made its edit from.
    fn origin(&self) -> Document {
        let origin = self.history.origin(self.base);
        origin
            .map(|version| version.content.clone())
            .unwrap_or_default()
    }

    /// What the server takes to be unchanged.
    fn ancestor(&self) -> Document {
        match self.history.ancestor(self.base) {
            Ancestor::Version(version) => version.content.clone(),
            Ancestor::Nothing | Ancestor::Unknown => Document::new(),
        }
    }

    /// What the device did, is not in the result, and is not named.
    fn lost_by_device(&self) -> Vec<Path> {
        self.lost(&self.origin(), &self.local(), |conflict| {
            &conflict.local_value
        })
    }

    /// What the server had, is not in the result, and is not named.
    fn lost_by_server(&self) -> Vec<Path> {
        self.lost(&self.ancestor(), &self.history.content(), |conflict| {
            &conflict.remote_value
        })
    }

    fn lost(
        &self,
        from: &Document,
        side: &Document,
        reported: impl Fn(&Conflict) -> &Value,
    ) -> Vec<Path> {
        let (before, leaves, after) = (flatten(from), flatten(side), flatten(&self.after));
        let is_kept = |path: &Path| match leaves.get(path).copied() {
            // An empty object is there wherever there is an object.
            Some(Value::Object(_)) => get(&self.after, path).is_some_and(Value::is_object),
            Some(value) => is_same(after.get(path).copied(), Some(value)),
            // A removal is undone only where the removed leaf is back.
            None => !is_same(after.get(path).copied(), before.get(path).copied()),
        };
        let is_named = |path: &Path| {
            let value = leaves.get(path).copied();
            self.conflicts
                .iter()
                .any(|conflict| names(conflict, reported(conflict), path, value))
        };
        changed(from, side)
            .filter(|path| !is_kept(path) && !is_named(path))
            .collect()
    }

    fn told(&self) -> String {
        let json = |document: Document| Value::Object(document).to_string();
        format!(
            "ancestor {:?}\nserver {}\ndevice {}\nresult {}\nconflicts {:#?}\nedit {:?}",
            self.history.ancestor(self.base),
            json(self.history.content()),
            json(self.local()),
            json(self.after.clone()),
            self.conflicts,
            self.edit,
        )
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_in_silence(turns in turns(6)) {
        let (mut devices, mut server) = (Devices::new(), Server::default());
        for turn in turns {
            let base = turn.base(&server);
            let edit = devices.edit(turn.device, &turn.work, &server, base);
            let step = Step::new(&mut server, edit, base);
            let (device, server) = (step.lost_by_device(), step.lost_by_server());
            prop_assert!(
                device.is_empty() && server.is_empty(),
                "the device lost {device:?}, the server {server:?}\n{}", step.told()
            );
        }
    }

    #[test]
    fn no_path_outside_the_change_is_touched(turns in turns(6)) {
        let (mut devices, mut server) = (Devices::new(), Server::default());
        for turn in turns {
            let base = turn.base(&server);
            let edit = devices.edit(turn.device, &turn.work, &server, base);
            let step = Step::new(&mut server, edit, base);
            if step.history.is_deleted() || server.is_deleted() {
                continue;
            }
            let by_device: Vec<_> = changed(&step.origin(), &step.local()).collect();
            // Where a value and an object clash, the conflict is about all that is inside.
            let reported = step.conflicts.iter().map(|conflict| &conflict.field);
            let within: Vec<_> = by_device.iter().chain(reported).collect();
            for path in changed(&step.history.content(), &step.after) {
                prop_assert!(
                    within.iter().any(|place| is_related(place, &path)),
                    "{path} was touched\n{}", step.told()
                );
            }
        }
    }
}
