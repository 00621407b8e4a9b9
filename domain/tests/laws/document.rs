//! Flattening loses nothing, and a difference is all there is between two documents.

use proptest::prelude::*;
use serde_json::{Value, json};
use syncline_domain::{
    document::{Document, diff, flatten, get, remove, same_document, same_value, set, unflatten},
    path::Path,
};

use crate::strategies::{document, name, value};

fn path() -> impl Strategy<Value = Path> {
    prop::collection::vec(name(), 1..4).prop_map(|keys| {
        let (first, rest) = keys.split_first().unwrap();
        rest.iter()
            .fold(Path::of_key(first), |path, key| path.child(key))
    })
}

/// A document and one of its paths or, sometimes, any path.
fn document_and_path() -> impl Strategy<Value = (Document, Path)> {
    (
        document(),
        path(),
        any::<prop::sample::Index>(),
        any::<bool>(),
    )
        .prop_map(|(document, other, index, is_other)| {
            let leaves: Vec<Path> = flatten(&document).into_keys().collect();
            let path = if is_other || leaves.is_empty() {
                other
            } else {
                leaves[index.index(leaves.len())].clone()
            };
            (document, path)
        })
}

fn fields(value: Value) -> Document {
    let Value::Object(fields) = value else {
        panic!("{value} is no object")
    };
    fields
}

proptest! {
    #[test]
    fn unflattening_is_the_inverse(document in document()) {
        prop_assert_eq!(unflatten(flatten(&document)
            .iter().map(|(path, value)| (path, *value))), document);
    }

    #[test]
    fn every_leaf_is_found_at_its_path(document in document()) {
        for (path, value) in flatten(&document) {
            prop_assert_eq!(get(&document, &path), Some(value));
        }
    }

    #[test]
    fn a_difference_makes_one_document_of_the_other(from in document(), to in document()) {
        let difference = diff(&from, &to);
        let mut result = from.clone();
        for path in &difference.removed {
            remove(&mut result, path);
        }
        for (path, value) in &difference.changed {
            set(&mut result, path, (*value).clone());
        }
        prop_assert!(same_document(&result, &to), "{result:?}");
    }

    #[test]
    fn a_document_does_not_differ_from_itself(document in document()) {
        let difference = diff(&document, &document);
        prop_assert!(difference.changed.is_empty() && difference.removed.is_empty());
    }

    #[test]
    fn a_difference_names_only_what_differs(from in document(), to in document()) {
        let (before, after) = (flatten(&from), flatten(&to));
        let difference = diff(&from, &to);
        for path in &difference.removed {
            prop_assert!(before.contains_key(path) && !after.contains_key(path));
        }
        for (path, value) in &difference.changed {
            prop_assert!(!before.get(path).is_some_and(|old| same_value(old, value)));
        }
    }

    #[test]
    fn what_is_set_is_there((mut document, path) in document_and_path(), value in value()) {
        set(&mut document, &path, value.clone());
        prop_assert_eq!(get(&document, &path), Some(&value));
    }

    #[test]
    fn setting_touches_no_other_branch((document, path) in document_and_path(), value in value()) {
        let mut changed = document.clone();
        set(&mut changed, &path, value);
        for (other, value) in flatten(&document) {
            let is_apart = other != path
                && !other.above().any(|above| above == path.as_str())
                && !path.above().any(|above| above == other.as_str());
            if is_apart {
                prop_assert_eq!(get(&changed, &other), Some(value));
            }
        }
    }

    #[test]
    fn what_is_removed_is_gone_with_all_that_it_leaves_empty(
        (document, path) in document_and_path(),
    ) {
        let mut changed = document.clone();
        remove(&mut changed, &path);
        prop_assert_eq!(get(&changed, &path), None);
        let kept: Vec<_> = flatten(&document)
            .into_iter()
            .filter(|(other, _)| {
                *other != path && !other.above().any(|above| above == path.as_str())
            })
            .collect();
        prop_assert_eq!(flatten(&changed).into_iter().collect::<Vec<_>>(), kept);
    }

    #[test]
    fn removing_what_is_absent_changes_nothing((document, path) in document_and_path()) {
        let mut changed = document.clone();
        remove(&mut changed, &path);
        let once = changed.clone();
        remove(&mut changed, &path);
        prop_assert_eq!(&changed, &once);
        if get(&document, &path).is_none() {
            prop_assert_eq!(changed, document);
        }
    }

    #[test]
    fn sameness_is_an_equivalence(left in value(), middle in value(), right in value()) {
        prop_assert!(same_value(&left, &left));
        prop_assert_eq!(same_value(&left, &middle), same_value(&middle, &left));
        if same_value(&left, &middle) && same_value(&middle, &right) {
            prop_assert!(same_value(&left, &right));
        }
    }

    #[test]
    fn numbers_are_the_same_as_doubles(number in -1000i32..1000, document in document()) {
        let (integer, double) = (json!(number), json!(f64::from(number)));
        prop_assert!(same_value(&integer, &double));
        prop_assert!(same_value(&json!([integer]), &json!([double])));
        let inside = same_value(&json!({"a": integer}), &json!({"a": double}));
        prop_assert!(inside);
        let text = serde_json::to_string(&document).unwrap();
        prop_assert!(same_document(&serde_json::from_str(&text).unwrap(), &document));
    }
}

#[test]
fn values_differ_by_kind_presence_and_order() {
    for (left, right) in [
        (json!(1), json!("1")),
        (json!(0), json!(false)),
        (json!(null), json!({})),
        (json!([]), json!({})),
        (json!([1, 2]), json!([2, 1])),
        (json!([1]), json!([1, 1])),
        (json!({"a": null}), json!({})),
        (json!({"a": 1}), json!({"b": 1})),
        (json!("é"), json!("e\u{301}")),
    ] {
        assert!(!same_value(&left, &right), "{left} {right}");
    }
    assert!(same_value(&json!(0.0), &json!(-0.0)));
    assert!(same_value(
        &json!({"a": 1, "b": 2}),
        &json!({"b": 2, "a": 1})
    ));
}

#[test]
fn awkward_fields_are_leaves_like_any_other() {
    let document = fields(json!({
        "": {"": 1, ".": {}},
        "__proto__": {"constructor": null},
        "a.b": {"c": []},
        "a": {"b.c": [{"d": 1}]},
        "%2E": false,
    }));
    let leaves = flatten(&document);
    let paths: Vec<&str> = leaves.keys().map(Path::as_str).collect();
    let expected = [
        "%252E",
        ".",
        ".%2E",
        "__proto__.constructor",
        "a%2Eb.c",
        "a.b%2Ec",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn objects_and_values_take_each_others_place() {
    for (from, to) in [
        (json!({"a": 1}), json!({"a": {"b": 2}})),
        (json!({"a": {"b": 2}}), json!({"a": 1})),
        (json!({"a": {}}), json!({"a": {"b": 2}})),
        (json!({"a": {"b": {"c": 2}}}), json!({"a": {}})),
        (json!({"a": {}}), json!({})),
        (json!({"a": {"b": 1}}), json!({"a": {"b": {}}})),
    ] {
        let (from, to) = (fields(from), fields(to));
        let difference = diff(&from, &to);
        let mut result = from.clone();
        for path in &difference.removed {
            remove(&mut result, path);
        }
        for (path, value) in difference.changed {
            set(&mut result, &path, value.clone());
        }
        assert_eq!(result, to);
    }
}
