//! Merging needs extra memory in proportion to what is merged, whatever its shape.
//!
//! One test in a binary of its own, since the allocator counts for the whole process.

#![expect(
    clippy::unwrap_used,
    reason = "clippy counts as tests the functions marked so, but not what they share"
)]

use peak_alloc::PeakAlloc;
use serde_json::{Value, json};
use syncline_domain::{
    document::{Document, flatten},
    hlc::{Hlc, Node, UnixMillis},
    merge::{Ancestor, Edit, FieldRevisions, MergeInput, PushedValue, Version, merge},
    path::Path,
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How much more memory four times the input may take: four times, and the steps in which vectors
/// and maps grow.
const MOST_GROWTH: usize = 6;

/// A document of about so many leaves, as ancestor (0), as the server has it (1) and as the device
/// has it (2).
type Shape = fn(count: usize, side: usize) -> Document;

fn wide(count: usize, side: usize) -> Document {
    (0..count)
        .map(|index| (format!("field {index}"), json!(side)))
        .collect()
}

fn deep(count: usize, side: usize) -> Document {
    let leaves = wide(count, side);
    let nested = (0..50).fold(
        Value::Object(leaves),
        |inside, _| json!({ "level": inside }),
    );
    Document::from_iter([("top".to_owned(), nested)])
}

fn text(count: usize, side: usize) -> Document {
    let line = |index| {
        let is_edited = side > 0 && index % 20 == 10 * (side - 1);
        if is_edited {
            format!("line {index} of {side}")
        } else {
            format!("line {index}")
        }
    };
    let lines: Vec<_> = (0..count).map(line).collect();
    Document::from_iter([("text".to_owned(), lines.join("\n").into())])
}

/// The device puts a value in the place of each object that the server edits inside.
fn clashing(count: usize, side: usize) -> Document {
    let inside = |index| match side {
        2 => json!(index),
        _ => json!({ "a": side, "b": { "c": side } }),
    };
    (0..count)
        .map(|index| (format!("object {index}"), inside(index)))
        .collect()
}

/// The device removes every other field and adds as many.
fn replaced(count: usize, side: usize) -> Document {
    let first = if side == 2 { count / 2 } else { 0 };
    (first..first + count)
        .map(|index| (format!("field {index}"), json!(side.min(1))))
        .collect()
}

fn clock(node: &str, millis: u64) -> Hlc {
    Hlc::new(UnixMillis(millis), Node::new(node).unwrap()).unwrap()
}

fn revisions(content: &Document, revision: &Hlc) -> FieldRevisions {
    flatten(content)
        .into_keys()
        .map(|path| (path, revision.clone()))
        .collect()
}

fn version(number: u64, content: Document, revision: Hlc) -> Version {
    let field_revisions = revisions(&content, &revision);
    Version {
        number,
        revision,
        field_revisions,
        content,
        deleted: false,
    }
}

/// The greatest extra memory while both sides are merged, in bytes.
fn extra_memory(shape: Shape, count: usize) -> usize {
    let ancestor = version(1, shape(count, 0), clock("server~1", 1));
    let current = version(2, shape(count, 1), clock("laptop", 2));
    let mine = clock("phone", 3);
    let content = shape(count, 2);
    let changed = revisions(&ancestor.content, &mine).into_iter();
    let edit = Edit {
        revisions: changed.chain(revisions(&content, &mine)).collect(),
        content: Some(content),
        after: FieldRevisions::new(),
    };
    let pushes: Vec<_> = edit.revisions.keys().map(pushed).collect();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let merged = merge(&MergeInput {
        edit: &edit,
        current: Some(&current),
        ancestor: Ancestor::Version(&ancestor),
        versions: &[],
        pushes: &pushes,
        is_prose: &|_| true,
        stamp: &clock("server~1", 4),
    });
    assert!(merged.version.is_some());
    MEMORY.peak_usage() - before
}

/// What another device pushed before.
fn pushed(path: &Path) -> PushedValue {
    let (path, revision) = (path.clone(), clock("tablet", 2));
    PushedValue {
        path,
        revision,
        value: Some(json!("lost")),
        version: 2,
    }
}

#[test]
fn merging_needs_memory_in_proportion_to_what_is_merged() {
    let shapes: [(&str, Shape); 5] = [
        ("wide", wide),
        ("deep", deep),
        ("text", text),
        ("clashing", clashing),
        ("replaced", replaced),
    ];
    for (name, shape) in shapes {
        let (small, large) = (extra_memory(shape, 1000), extra_memory(shape, 4000));
        assert!(
            large < MOST_GROWTH * small,
            "{name}: {small} bytes grow to {large}"
        );
    }
}
