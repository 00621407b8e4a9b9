//! The line-by-line merge of two texts that were made from a common ancestor.
//!
//! Both sides are compared with the ancestor by Myers' algorithm (E. W. Myers, *An O(ND) Difference
//! Algorithm and Its Variations*, 1986) in the variant of the `similar` crate that gives up on the
//! shortest script when it becomes too expensive: the result is the same on every machine, and the
//! time grows with the number of lines, not with its square, however unlike the texts are. The
//! hunks are then joined as in `diff3` (Khanna, Kunal, Pierce, *A Formal Investigation of Diff3*,
//! 2007).

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The most lines, of the ancestor and of one side together, that lie between the first and the
/// last line changed by that side; beyond it there is no text merge. Lines purely added or purely
/// removed in one place are not compared and do not count.
///
/// The worst case known, 20,000 lines in random order, takes about a tenth of a second.
pub const MAX_COMPARED_LINES: usize = 40_000;

/// Merges what both sides did to `ancestor`, or nothing when they changed the same lines.
///
/// Where both sides purely insert at one point, both insertions stay, `earlier`'s first; where they
/// make the very same change, it is made once. Lines end in CRLF if all line ends do, otherwise in
/// LF. Whether the last line is ended is a change of its own, and never one of its words.
#[must_use]
pub fn merge(ancestor: &str, earlier: &str, later: &str) -> Option<String> {
    let line_end = line_end([ancestor, earlier, later]);
    let [ancestor, earlier, later] =
        [ancestor, earlier, later].map(|text| Text::read(text, line_end));
    let earlier_hunks = hunks(&ancestor.lines, &earlier.lines)?;
    let later_hunks = hunks(&ancestor.lines, &later.lines)?;
    let is_ended = if earlier.is_ended == ancestor.is_ended {
        later
    } else {
        earlier
    }
    .is_ended;
    let lines = join(&ancestor.lines, earlier_hunks, later_hunks)?;
    Some(Text { lines, is_ended }.write(line_end))
}

fn line_end(texts: [&str; 3]) -> &'static str {
    let count = |end| {
        texts
            .iter()
            .map(|text| text.matches(end).count())
            .sum::<usize>()
    };
    let crlf = count("\r\n");
    if crlf > 0 && crlf == count("\n") {
        "\r\n"
    } else {
        "\n"
    }
}

struct Text<'a> {
    lines: Vec<&'a str>,
    is_ended: bool,
}

impl<'a> Text<'a> {
    fn read(text: &'a str, line_end: &str) -> Self {
        let ended = text.strip_suffix(line_end);
        let lines = match (text, ended) {
            ("", _) => Vec::new(),
            (text, ended) => ended.unwrap_or(text).split(line_end).collect(),
        };
        Self {
            lines,
            is_ended: ended.is_some(),
        }
    }

    fn write(&self, line_end: &str) -> String {
        let mut text = self.lines.join(line_end);
        // An empty last line is one only by its end.
        if self
            .lines
            .last()
            .is_some_and(|last| self.is_ended || last.is_empty())
        {
            text.push_str(line_end);
        }
        text
    }
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

    /// An insertion at the point where a replacement begins comes before it.
    fn is_after(&self, other: &Self) -> bool {
        (self.replaced.start, self.replaced.end) > (other.replaced.start, other.replaced.end)
    }
}

/// What `side` did to the ancestor, in order, or nothing when it is too much to find out.
fn hunks<'a>(ancestor: &[&str], side: &[&'a str]) -> Option<Vec<Hunk<'a>>> {
    if compared_lines(ancestor, side) > MAX_COMPARED_LINES {
        return None;
    }
    let hunks = capture_diff_slices(Algorithm::Myers, ancestor, side)
        .iter()
        .filter(|operation| !matches!(operation, DiffOp::Equal { .. }))
        .map(|operation| Hunk {
            replaced: operation.old_range(),
            with: side.get(operation.new_range()).unwrap_or_default().to_vec(),
        })
        .collect();
    Some(hunks)
}

fn compared_lines(ancestor: &[&str], side: &[&str]) -> usize {
    let prefix = ancestor
        .iter()
        .zip(side)
        .take_while(|(old, new)| old == new)
        .count();
    let shorter = ancestor.len().min(side.len()) - prefix;
    let ends = ancestor.iter().rev().zip(side.iter().rev()).take(shorter);
    let suffix = ends.take_while(|(old, new)| old == new).count();
    if suffix == shorter {
        0
    } else {
        ancestor.len() + side.len() - 2 * (prefix + suffix)
    }
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
            (Some(left), Some(right)) if left.is_after(right) => later.next(),
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
