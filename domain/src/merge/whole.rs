//! One side wins whole, because a merge of both would break the schema, or a limit of documents.

use std::collections::BTreeSet;

use super::{
    MergeInput, Merged, PushedField, PushedValue, Reason, Winner,
    changes::{Change, Sides, revision_of},
    deletion::recreated,
    draft::{Clash, number_pushes},
    past::same_option,
};
use crate::{hlc::Hlc, path::Path};

/// Merges an edit by taking the side with the higher clock whole.
///
/// Every path in which the two sides differ is reported with [`Reason::Schema`]. A deletion has
/// nothing to break, so this is for edits with a document.
#[must_use]
pub fn prefer_whole_side(input: &MergeInput<'_>) -> Merged {
    let sides = Sides::new(input);
    let changes = sides.local_changes();
    let Some(content) = &input.edit.content else {
        return Merged::default();
    };
    let local = changes
        .iter()
        .filter_map(|change| change.revision.as_ref())
        .max();
    let differing = differing_paths(&sides);
    let remote = differing
        .iter()
        .filter_map(|path| sides.remote_revision(path))
        .max();
    let winner = if local >= remote {
        Winner::Local
    } else {
        Winner::Remote
    };
    let mut pushes: Vec<_> = differing
        .iter()
        .map(|path| schema_push(&sides, path, &winner))
        .collect();
    if winner == Winner::Remote {
        let unreported = changes
            .into_iter()
            .filter(|change| !differing.contains(&change.path));
        pushes.extend(unreported.map(silent_push));
        number_pushes(
            &mut pushes,
            input.current.map_or(0, |current| current.number),
        );
        return Merged {
            version: None,
            pushes,
        };
    }
    let mut version = recreated(&sides, content);
    // Fields that only the server has are removed; their removal needs a revision.
    for path in differing
        .iter()
        .filter(|path| !sides.local.contains_key(*path))
    {
        version
            .field_revisions
            .insert(path.clone(), input.stamp.clone());
    }
    number_pushes(&mut pushes, version.number);
    Merged {
        version: Some(version),
        pushes,
    }
}

fn differing_paths(sides: &Sides<'_>) -> BTreeSet<Path> {
    let paths: BTreeSet<_> = sides.local.keys().chain(sides.remote.keys()).collect();
    paths
        .into_iter()
        .filter(|path| {
            !same_option(
                sides.local.get(*path).copied(),
                sides.remote.get(*path).copied(),
            )
        })
        .cloned()
        .collect()
}

fn schema_push(sides: &Sides<'_>, path: &Path, winner: &Winner) -> PushedField {
    let revision = revision_of(&sides.input.edit.revisions, path);
    let local = sides.local.get(path).copied();
    let clash = Clash {
        field: path.clone(),
        local: (revision, local),
        remote: (sides.remote_revision(path), sides.remote.get(path).copied()),
    };
    PushedField {
        value: PushedValue {
            path: path.clone(),
            revision: revision.cloned().unwrap_or_else(Hlc::zero),
            value: local.cloned(),
            version: 0,
        },
        conflict: Some(clash.won_by(winner.clone(), Some(Reason::Schema))),
    }
}

fn silent_push(change: Change<'_>) -> PushedField {
    PushedField {
        value: PushedValue {
            path: change.path,
            revision: change.revision.unwrap_or_else(Hlc::zero),
            value: change.value.cloned(),
            version: 0,
        },
        conflict: None,
    }
}
