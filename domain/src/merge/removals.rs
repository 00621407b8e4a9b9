//! What a version keeps of fields that are gone.

use super::{DELETED, Version};
use crate::{document::get, hlc::Hlc, path::Path};

/// Forgets removals, the oldest first, until what is left of them takes at most `most_bytes`: their paths and
/// revisions as they are written.
///
/// Without it a document whose fields get other names again and again would grow with each edit. A field whose
/// removal is forgotten counts as one that nobody removed, when a device edits it that still has it.
pub fn forget_removals(version: &mut Version, most_bytes: usize) {
    let revisions = version.field_revisions.iter();
    if revisions.map(written_bytes).sum::<usize>() <= most_bytes {
        return;
    }
    let mut bytes = 0_usize;
    for (revision, path) in removals_from_the_newest(version) {
        bytes = bytes.saturating_add(written_bytes((&path, &revision)));
        if bytes > most_bytes {
            version.field_revisions.remove(&path);
        }
    }
}

fn removals_from_the_newest(version: &Version) -> Vec<(Hlc, Path)> {
    let is_gone = |path: &Path| path.as_str() != DELETED && get(&version.content, path).is_none();
    let revisions = version.field_revisions.iter();
    let removals = revisions.filter(|(path, _)| is_gone(path));
    let mut removals: Vec<_> = removals
        .map(|(path, revision)| (revision.clone(), path.clone()))
        .collect();
    removals.sort_unstable_by(|one, other| other.cmp(one));
    removals
}

fn written_bytes((path, revision): (&Path, &Hlc)) -> usize {
    path.as_str().len() + revision.written_bytes()
}
