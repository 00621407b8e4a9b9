//! What somebody may have meant who wrote a key that is not known.

use strsim::normalized_damerau_levenshtein;

use super::environment::PREFIX;

/// Less alike than this is no help.
const ALIKE: f64 = 0.7;

/// The rule that a name breaks which is not known, with the nearest of `candidates`, or else with
/// `advice`.
pub(super) fn not_known(name: &str, candidates: &[String], advice: &str) -> String {
    let likeness = |candidate: &String| alike(name, candidate);
    let nearest = candidates
        .iter()
        .max_by(|left, right| likeness(left).total_cmp(&likeness(right)));
    match nearest {
        Some(nearest) if likeness(nearest) >= ALIKE => {
            format!("is not known; did you mean `{nearest}`?")
        }
        _ => format!("is not known; {advice}"),
    }
}

/// From 0 to 1, whatever the case and the characters between words, of the whole names or of their
/// last parts. What all variables begin with makes none of them alike.
fn alike(left: &str, right: &str) -> f64 {
    let last = |name: &str| plain(name.rsplit('.').next().unwrap_or(name));
    let whole = normalized_damerau_levenshtein(&plain(left), &plain(right));
    whole.max(normalized_damerau_levenshtein(&last(left), &last(right)) * 0.99)
}

fn plain(name: &str) -> String {
    let name = name.strip_prefix(PREFIX).unwrap_or(name);
    let letters = name
        .chars()
        .filter(|character| !matches!(character, '_' | '-'));
    letters.flat_map(char::to_lowercase).collect()
}
