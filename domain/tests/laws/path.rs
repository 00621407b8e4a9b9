//! Paths name keys without loss, in one spelling.

use std::collections::BTreeSet;

use proptest::{collection, prelude::*};
use syncline_domain::path::Path;

use crate::strategies::name;

fn keys() -> impl Strategy<Value = Vec<String>> {
    collection::vec(name(), 1..5)
}

fn path_of(keys: &[String]) -> Path {
    let (first, rest) = keys.split_first().unwrap();
    rest.iter()
        .fold(Path::of_key(first), |path, key| path.child(key))
}

fn keys_of(path: &Path) -> Vec<String> {
    path.keys().map(Into::into).collect()
}

proptest! {
    #[test]
    fn keys_survive_being_written(keys in keys()) {
        let path = path_of(&keys);
        prop_assert_eq!(keys_of(&path), keys.clone());
        prop_assert_eq!(&Path::parse(path.as_str()), &path);
        prop_assert_eq!(path.above().count(), keys.len() - 1);
    }

    #[test]
    fn equal_keys_are_equal_strings(left in keys(), right in keys()) {
        let (left_path, right_path) = (path_of(&left), path_of(&right));
        prop_assert_eq!(left == right, left_path.as_str() == right_path.as_str());
    }

    #[test]
    fn what_is_read_is_canonical(text in prop_oneof!["[ab.%2Ee5]{0,12}", any::<String>()]) {
        let path = Path::parse(&text);
        prop_assert_eq!(&Path::parse(path.as_str()), &path);
        prop_assert_eq!(&path_of(&keys_of(&path)), &path);
        prop_assert_eq!(&Path::from(text), &path);
        let json = serde_json::to_string(&path).unwrap();
        prop_assert_eq!(serde_json::from_str::<Path>(&json).unwrap(), path);
    }

    #[test]
    fn the_parent_is_the_first_above(keys in keys()) {
        let path = path_of(&keys);
        let expected = (keys.len() > 1).then(|| path_of(&keys[..keys.len() - 1]));
        prop_assert_eq!(path.parent(), expected.clone());
        prop_assert_eq!(path.above().next(), expected.as_ref().map(Path::as_str));
    }

    #[test]
    fn the_bounds_hold_exactly_what_is_below(
        paths in collection::btree_set(keys().prop_map(|keys| path_of(&keys)), 1..20),
        place in keys(),
    ) {
        let place = path_of(&place);
        let (from, to) = place.below();
        let within: BTreeSet<_> = paths.range(from..to).collect();
        let below = |path: &&Path| path.above().any(|above| above == place.as_str());
        prop_assert_eq!(within, paths.iter().filter(below).collect::<BTreeSet<_>>());
    }
}

#[test]
fn reading_is_lenient() {
    for (text, keys) in [
        ("", vec![""]),
        (".", vec!["", ""]),
        ("a.b", vec!["a", "b"]),
        ("a%2Eb", vec!["a.b"]),
        ("a%2eb", vec!["a.b"]),
        ("100%", vec!["100%"]),
        ("100%.x", vec!["100%", "x"]),
        ("%zz", vec!["%zz"]),
        ("%%2E", vec!["%."]),
        ("%252E", vec!["%2E"]),
        ("%2525", vec!["%25"]),
        ("%2%2E5", vec!["%2.5"]),
        ("ü.𝄞", vec!["ü", "𝄞"]),
    ] {
        assert_eq!(keys_of(&Path::parse(text)), keys, "{text}");
    }
}

#[test]
fn writing_escapes_dots_and_percent_signs_alone() {
    assert_eq!(Path::of_key("a.b").as_str(), "a%2Eb");
    assert_eq!(Path::of_key("%2E").as_str(), "%252E");
    assert_eq!(Path::of_key("a").child("50%/ü").as_str(), "a.50%25/ü");
    assert_eq!(Path::of_key("").child("").as_str(), ".");
}
