//! The three-way merge of an edit into a stored document.
//!
//! [`merge()`] decides every leaf by the table of `docs/sync.md`: what only one side changed since the
//! common ancestor is taken, what both changed is merged as text or given to the higher clock, and
//! every loser is named in a [`Conflict`]. *Changed* is decided by value; revisions order the two
//! sides and recognise what was taken in before.
//!
//! | module | what it does |
//! |---|---|
//! | `past` | what the server remembers: versions, pushes, a device's own earlier values |
//! | `changes` | what the device and the server changed since the ancestor |
//! | `fields` | both sides have a document: field by field |
//! | `deletion` | one side has deleted it |
//! | `draft` | the version that comes of it, and how conflicts are written |
//! | `removals` | what is kept of fields that are gone |
//! | `whole` | one side wins whole, because a merge would break the schema, or a limit of documents |

mod changes;
mod deletion;
mod draft;
mod fields;
mod outcome;
mod past;
mod removals;
mod whole;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{document::Document, hlc::Hlc, path::Path};

pub use outcome::{Conflict, MergeStrategy, Merged, PushedField, Reason, Winner};
pub use past::PushedValue;
pub use removals::forget_removals;
pub use whole::prefer_whole_side;

use changes::Sides;

/// The revision of every leaf, and of leaves that were removed.
pub type FieldRevisions = BTreeMap<Path, Hlc>;

/// The path under which a deletion has its revision and is reported.
pub const DELETED: &str = "_deleted";

/// A version of a document as the server holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Its number within the document, counted from 1.
    pub number: u64,
    /// The server's clock when it was made.
    pub revision: Hlc,
    /// The revision of each leaf; removed leaves keep theirs, a tombstone has one at [`DELETED`].
    pub field_revisions: FieldRevisions,
    /// Its fields; none if it is a tombstone.
    pub content: Document,
    /// Whether it is a tombstone.
    pub deleted: bool,
}

/// What a device says became of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The whole document as the device has it; none if the device deleted it.
    pub content: Option<Document>,
    /// The device's revision of each leaf, and of the leaves it removed.
    pub revisions: FieldRevisions,
    /// The device's own earlier revisions from which its values were made, pushed but perhaps
    /// never answered.
    pub after: FieldRevisions,
}

/// The version that the device made its edit from.
#[derive(Clone, Copy, Debug)]
pub enum Ancestor<'a> {
    /// This one.
    Version(&'a Version),
    /// The device knew of no document.
    Nothing,
    /// It is not known: purged, or of another incarnation.
    Unknown,
}

/// Everything that a merge looks at.
#[derive(Clone, Copy)]
pub struct MergeInput<'a> {
    /// The device's edit.
    pub edit: &'a Edit,
    /// The server's current version.
    pub current: Option<&'a Version>,
    /// What the edit was made from.
    pub ancestor: Ancestor<'a>,
    /// Superseded versions that may hold what the device pushed before.
    pub versions: &'a [Version],
    /// Pushed values that no version holds.
    pub pushes: &'a [PushedValue],
    /// Whether a text at a path may be merged line by line.
    pub is_prose: &'a dyn Fn(&Path) -> bool,
    /// A server clock above every revision of the current version and of the edit.
    pub stamp: &'a Hlc,
}

/// Merges an edit into the current version.
#[must_use]
pub fn merge(input: &MergeInput<'_>) -> Merged {
    let sides = Sides::new(input);
    match (&input.edit.content, input.current) {
        (None, _) => deletion::delete(&sides),
        (Some(content), Some(current)) if current.deleted => {
            deletion::edit_deleted(&sides, content, current)
        }
        (Some(content), _) => fields::merge(&sides, content),
    }
}

/// The value that stands for a deletion in a conflict at [`DELETED`].
fn deletion_mark() -> Value {
    Value::Bool(true)
}
