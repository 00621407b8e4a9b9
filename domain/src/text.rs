//! The line-by-line merge of two texts that were made from a common ancestor.
//!
//! Both sides are compared with the ancestor by Myers' algorithm (E. W. Myers, *An O(ND) Difference
//! Algorithm and Its Variations*, 1986) in the variant of the `similar` crate that gives up on the
//! shortest script when it becomes too expensive: the result is the same on every machine, and the
//! time stays near-linear however unlike the texts are. The hunks are then joined as in `diff3`
//! (Khanna, Kunal, Pierce, *A Formal Investigation of Diff3*, 2007).

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The most lines that each text may have; beyond it there is no text merge.
pub const MAX_LINES: usize = 200_000;

/// Merges what both sides did to `ancestor`, or nothing when they changed the same lines.
///
/// Where both sides purely insert at one point, both insertions stay, `earlier`'s first; where they
/// make the very same change, it is made once.
#[must_use]
pub fn merge(ancestor: &str, earlier: &str, later: &str) -> Option<String> {
    let ancestor = lines(ancestor);
    let (earlier, later) = (lines(earlier), lines(later));
    if [&ancestor, &earlier, &later].iter().any(|lines| lines.len() > MAX_LINES) {
        return None;
    }
    let merged = join(&ancestor, hunks(&ancestor, &earlier), hunks(&ancestor, &later))?;
    Some(merged.join("\n"))
}

/// The lines between line feeds; the empty text has none. Joining them gives the text back.
fn lines(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('\n').collect() }
}

/// The lines `replaced` of the ancestor give way to `with`.
#[derive(Clone, Debug, PartialEq)]
struct Hunk<'a> {
    replaced: Range<usize>,
    with: Vec<&'a str>,
}

impl Hunk<'_> {
    fn overlaps(&self, other: &Self) -> bool {
        if self.replaced == other.replaced {
            return !self.replaced.is_empty();
        }
        self.replaced.start < other.replaced.end && other.replaced.start < self.replaced.end
    }
}

fn hunks<'a>(ancestor: &[&str], side: &[&'a str]) -> Vec<Hunk<'a>> {
    capture_diff_slices(Algorithm::Myers, ancestor, side)
        .iter()
        .filter(|operation| !matches!(operation, DiffOp::Equal { .. }))
        .map(|operation| Hunk {
            replaced: operation.old_range(),
            with: side.get(operation.new_range()).unwrap_or_default().to_vec(),
        })
        .collect()
}

/// Applies the hunks of both sides, which ascend, unless some overlap.
fn join<'a>(
    ancestor: &[&'a str],
    earlier: Vec<Hunk<'a>>,
    later: Vec<Hunk<'a>>,
) -> Option<Vec<&'a str>> {
    let mut result = Vec::new();
    let mut position = 0;
    let mut earlier = earlier.into_iter().peekable();
    let mut later = later.into_iter().peekable();
    loop {
        let next = match (earlier.peek(), later.peek()) {
            (Some(left), Some(right)) if left == right => {
                later.next();
                earlier.next()
            }
            (Some(left), Some(right)) if left.overlaps(right) => return None,
            (Some(left), Some(right)) if starts_after(left, right) => later.next(),
            (Some(_), _) => earlier.next(),
            (None, _) => later.next(),
        };
        let Some(hunk) = next else { break };
        result.extend_from_slice(ancestor.get(position..hunk.replaced.start)?);
        position = hunk.replaced.end;
        result.extend(hunk.with);
    }
    result.extend_from_slice(ancestor.get(position..)?);
    Some(result)
}

/// An insertion at the point where a replacement begins comes first.
fn starts_after(left: &Hunk<'_>, right: &Hunk<'_>) -> bool {
    (left.replaced.start, left.replaced.end) > (right.replaced.start, right.replaced.end)
}
