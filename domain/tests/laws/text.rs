//! Two texts made from one keep what both sides did, or say that they cannot, within bounded time.

use std::{collections::BTreeMap, sync::mpsc, thread, time::Duration};

use proptest::{collection, prelude::*};
use syncline_domain::text::{MAX_COMPARED_LINES, merge};

/// One stretch of a text, followed by a line that nobody touches.
#[derive(Clone, Debug)]
struct Stretch {
    lines: usize,
    edit: Option<(Side, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Earlier,
    Later,
}

fn stretch() -> impl Strategy<Value = Stretch> {
    let side = prop_oneof![Just(Side::Earlier), Just(Side::Later)];
    (0..4usize, prop::option::of((side, 0..4usize)))
        .prop_map(|(lines, edit)| Stretch { lines, edit })
}

/// The text that `stretches` become by the edits of `sides`; no two lines are alike.
fn text_of(stretches: &[Stretch], sides: &[Side]) -> String {
    let mut lines = Vec::new();
    for (place, stretch) in stretches.iter().enumerate() {
        match stretch.edit {
            Some((side, new)) if sides.contains(&side) => {
                lines.extend((0..new).map(|index| format!("{side:?} {place}.{index}")));
            }
            _ => lines.extend((0..stretch.lines).map(|index| format!("old {place}.{index}"))),
        }
        lines.push(format!("untouched {place}"));
    }
    lines.join("\n")
}

/// A text with `inserted` lines in the gaps, of which there is one more than old lines.
fn with_insertions(old: usize, who: &str, inserted: &BTreeMap<usize, usize>) -> Vec<String> {
    let mut lines = Vec::new();
    for gap in 0..=old {
        let count = inserted.get(&gap).copied().unwrap_or(0);
        lines.extend((0..count).map(|index| format!("{who} {gap}.{index}")));
        lines.extend((gap < old).then(|| format!("old {gap}")));
    }
    lines
}

fn insertions() -> impl Strategy<Value = BTreeMap<usize, usize>> {
    collection::btree_map(0..8usize, 1..4usize, 0..6)
}

fn only<'a>(lines: &'a [String], keep: &[String]) -> Vec<&'a String> {
    lines.iter().filter(|line| keep.contains(line)).collect()
}

/// Texts in which lines are often alike, and end in all ways.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab\n]{0,12}",
        "(a|b|\r\n){0,8}",
        "(a|\r|\n|\r\n){0,8}",
        any::<String>()
    ]
}

proptest! {
    #[test]
    fn edits_in_different_places_are_both_there(stretches in collection::vec(stretch(), 1..8)) {
        let ancestor = text_of(&stretches, &[]);
        let earlier = text_of(&stretches, &[Side::Earlier]);
        let later = text_of(&stretches, &[Side::Later]);
        let both = text_of(&stretches, &[Side::Earlier, Side::Later]);
        prop_assert_eq!(merge(&ancestor, &earlier, &later), Some(both.clone()));
        prop_assert_eq!(merge(&ancestor, &later, &earlier), Some(both));
    }

    #[test]
    fn every_inserted_line_is_there_once_and_in_its_order(
        old in 0..8usize,
        earlier in insertions(),
        later in insertions(),
        ended in any::<bool>(),
    ) {
        let end = if ended { "\n" } else { "" };
        let ancestor = with_insertions(old, "", &BTreeMap::new());
        let earlier = with_insertions(old, "earlier", &earlier);
        let later = with_insertions(old, "later", &later);
        let written = |lines: &Vec<String>| match lines.as_slice() {
            [] => String::new(),
            lines => lines.join("\n") + end,
        };
        let [a, e, l] = [&ancestor, &earlier, &later].map(written);
        let merged = merge(&a, &e, &l).unwrap();
        let merged: Vec<String> = merged.lines().map(str::to_owned).collect();
        prop_assert_eq!(only(&merged, &earlier), earlier.iter().collect::<Vec<_>>());
        prop_assert_eq!(only(&merged, &later), later.iter().collect::<Vec<_>>());
        let count = earlier.len() + later.len() - ancestor.len();
        prop_assert_eq!(merged.iter().filter(|line| !line.is_empty()).count(), count);
    }

    #[test]
    fn only_the_order_of_insertions_at_one_point_depends_on_the_order_of_the_sides(
        ancestor in text(),
        left in text(),
        right in text(),
    ) {
        let sorted = |text: String| {
            let lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
            let mut lines: Vec<String> = lines.map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let (one, other) = (merge(&ancestor, &left, &right), merge(&ancestor, &right, &left));
        prop_assert_eq!(one.is_some(), other.is_some());
        prop_assert_eq!(one.map(sorted), other.map(sorted));
    }

    #[test]
    fn a_side_that_did_nothing_leaves_all_to_the_other(ancestor in text(), side in text()) {
        prop_assert_eq!(merge(&ancestor, &ancestor, &side), Some(side.clone()));
        prop_assert_eq!(merge(&ancestor, &side, &ancestor), Some(side));
    }

    #[test]
    fn the_same_change_is_made_once(ancestor in text(), side in text()) {
        prop_assert_eq!(merge(&ancestor, &side, &side), Some(side));
    }
}

#[test]
fn cases() {
    for (ancestor, earlier, later, merged) in [
        (
            "",
            "- Client version",
            "- Server version",
            "- Client version\n- Server version",
        ),
        ("", "x\n", "y\n", "x\ny\n"),
        ("", "x\n", "y", "x\ny\n"),
        ("", "\n", "x", "\nx\n"),
        ("a", "a\nb", "a\nc", "a\nb\nc"),
        ("a\n", "a\nb\n", "a\nc\n", "a\nb\nc\n"),
        ("a\n", "a\nb", "a\nc", "a\nb\nc"),
        ("a", "a\n", "a\nb", "a\nb\n"),
        ("a\nb", "b", "a\nb\nc", "b\nc"),
        ("a\nb\nc", "A\nb\nc", "a\nB\nc", "A\nB\nc"),
        ("a\nb", "A\nb", "a\nnew\nb", "A\nnew\nb"),
        ("a\nb", "a\nB", "a\nnew\nb", "a\nnew\nB"),
        ("a\nb\nc", "a\nc", "a\nc", "a\nc"),
        ("q\n", "", "q\n\n", "\n"),
        ("a\r\nb", "a\r\nb\r\nc", "a\r\nb\r\nd", "a\r\nb\r\nc\r\nd"),
        (
            "a\r\nb\r\n",
            "A\r\nb\r\n",
            "a\r\nb\r\nc\r\n",
            "A\r\nb\r\nc\r\n",
        ),
        ("a\r\nb\n", "A\r\nb\n", "a\r\nb\nc\n", "A\r\nb\nc\n"),
        ("ü\n𝄞", "ü\nx\n𝄞", "ü\n𝄞\ny", "ü\nx\n𝄞\ny"),
    ] {
        assert_eq!(
            merge(ancestor, earlier, later).as_deref(),
            Some(merged),
            "{ancestor:?}"
        );
    }
}

#[test]
fn what_overlaps_is_not_merged() {
    for (ancestor, left, right) in [
        ("a", "b", "c"),
        ("a", "", "c"),
        ("a\nb\nc", "x\nc", "a\ny"),
        ("a\nb\nc", "a", "a\nb\nx\nc"),
        ("a\nb\nc", "a\nc", "a\nB\nc"),
        ("one line", "one long line", "one short line"),
    ] {
        assert_eq!(merge(ancestor, left, right), None, "{ancestor:?}");
        assert_eq!(merge(ancestor, right, left), None, "{ancestor:?}");
    }
}

fn numbered(prefix: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|index| format!("{prefix} {index}"))
        .collect()
}

/// The same lines in another order, always the same one.
fn shuffled(mut lines: Vec<String>) -> Vec<String> {
    let mut state = 1_u64;
    for index in (1..lines.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let bound = u64::try_from(index + 1).unwrap();
        lines.swap(index, usize::try_from((state >> 33) % bound).unwrap());
    }
    lines
}

/// Merges apart, so that a merge without end fails rather than hangs.
#[track_caller]
fn merged_in_time(ancestor: &[String], earlier: &[String], later: &[String]) -> Option<String> {
    let [ancestor, earlier, later] = [ancestor, earlier, later].map(|lines| lines.join("\n"));
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(merge(&ancestor, &earlier, &later)));
    receiver
        .recv_timeout(Duration::from_mins(2))
        .expect("the merge does not end")
}

#[test]
fn a_hundred_thousand_unlike_lines_on_each_side_are_merged() {
    let ancestor = numbered("old", 1);
    let earlier = [numbered("earlier", 100_000), ancestor.clone()].concat();
    let later = [ancestor.clone(), numbered("later", 100_000)].concat();
    let merged = merged_in_time(&ancestor, &earlier, &later).unwrap();
    assert_eq!(merged.lines().count(), 200_001);
}

#[test]
fn a_hundred_thousand_lines_with_two_distant_edits_are_merged() {
    let ancestor = numbered("old", 100_000);
    let edited = |place: usize| {
        let mut lines = ancestor.clone();
        lines[place] = format!("edited {place}");
        lines
    };
    let merged = merged_in_time(&ancestor, &edited(3), &edited(99_990)).unwrap();
    assert_eq!(
        merged
            .lines()
            .filter(|line| line.starts_with("edited"))
            .count(),
        2
    );
}

#[test]
fn a_hundred_thousand_lines_that_all_changed_are_not_compared() {
    let ancestor = numbered("old", 100_000);
    let (earlier, later) = (numbered("earlier", 100_000), shuffled(ancestor.clone()));
    assert_eq!(merged_in_time(&ancestor, &earlier, &later), None);
    assert_eq!(merged_in_time(&ancestor, &ancestor, &later), None);
}

#[test]
fn the_hardest_texts_that_are_compared_end() {
    let lines = MAX_COMPARED_LINES / 2;
    let unique = numbered("old", lines);
    let alternating = |first: usize| -> Vec<String> {
        (0..lines)
            .map(|index| ((index + first) % 2).to_string())
            .collect()
    };
    let random = |kinds: usize, seed: usize| -> Vec<String> {
        let order = shuffled((0..lines + seed).map(|index| index.to_string()).collect());
        let kind = |line: &String| (line.parse::<usize>().unwrap() % kinds).to_string();
        order.iter().map(kind).take(lines).collect()
    };
    let alike = vec!["alike".to_owned(); lines];
    for (ancestor, side) in [
        (&unique, &shuffled(unique.clone())),
        (&unique, &unique.iter().rev().cloned().collect()),
        (&alternating(0), &alternating(1)),
        (&alike, &alike[lines / 2..].to_vec()),
        (&random(64, 0), &random(64, 7)),
        (&random(2, 0), &random(2, 7)),
    ] {
        let expected = side.join("\n");
        assert_eq!(merged_in_time(ancestor, ancestor, side), Some(expected));
    }
}
