//! What no document may hold is refused, at its place.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use syncline_domain::{
    document::{
        Document, MAX_DEPTH, MAX_NAME_BYTES, MAX_PATHS_PER_BYTE, check, encoded_bytes, flatten,
    },
    path::Path,
};

use crate::strategies::document;

const PLENTY: usize = 1 << 20;

fn fields(value: Value) -> Document {
    let Value::Object(fields) = value else {
        panic!("{value} is no object")
    };
    fields
}

/// The paths and rules that `value` breaks.
fn refusals(value: Value) -> Vec<(String, String)> {
    let violations = check(&fields(value), PLENTY).err().unwrap_or_default();
    violations
        .into_iter()
        .map(|found| (found.path.to_string(), found.rule))
        .collect()
}

#[track_caller]
fn refused(value: Value, path: &str, rule: &str) {
    let found = refusals(value);
    let [(at, why)] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(at, path);
    assert!(why.contains(rule), "{why}");
}

/// `innermost` inside so many levels made by `wrap`, the document among them.
fn nested(levels: usize, innermost: Value, wrap: fn(Value) -> Value) -> Value {
    let inside = (2..levels).fold(innermost, |value, _| wrap(value));
    json!({ "a": inside })
}

fn in_object(value: Value) -> Value {
    Value::Object(Map::from_iter([("a".to_owned(), value)]))
}

fn in_array(value: Value) -> Value {
    Value::Array(vec![value])
}

#[test]
fn sixty_four_levels_pass_and_one_more_does_not() {
    for wrap in [in_object, in_array] {
        for innermost in [json!({}), json!([]), json!({"b": 1}), json!([1])] {
            assert_eq!(refusals(nested(MAX_DEPTH, innermost.clone(), wrap)), []);
            let found = refusals(nested(MAX_DEPTH + 1, innermost, wrap));
            assert_eq!(found.len(), 1);
            assert!(found[0].1.contains("64 levels"), "{found:?}");
        }
    }
    assert_eq!(
        refusals(nested(MAX_DEPTH, json!({"b": "leaf"}), in_object)),
        []
    );
}

#[test]
fn nul_is_refused_wherever_it_hides() {
    refused(json!({"a": {"b": "x\0"}}), "a.b", "texts hold no NUL");
    refused(json!({"a": {"b\0": 1}}), "a.b\0", "names hold no NUL");
    refused(json!({"a": [1, [["\0"]]]}), "a", "texts hold no NUL");
    refused(json!({"a": [{"b": {"\0": 1}}]}), "a", "names hold no NUL");
    assert_eq!(refusals(json!({"a": "\\u0000"})), []);
}

#[test]
fn reserved_names_are_those_at_the_top() {
    refused(json!({"_x": 1}), "_x", "reserved");
    refused(json!({"_": 1}), "_", "reserved");
    assert_eq!(
        refusals(json!({"a": {"_x": 1}, "b": [{"_y": 2}], "c_": 3})),
        []
    );
}

#[test]
fn numbers_are_those_that_a_double_holds() {
    for number in [
        json!(9_007_199_254_740_992_u64),
        json!(-9_007_199_254_740_992_i64),
        json!(9_007_199_254_740_992.0),
        json!(0.1),
        json!(-0.0),
        json!(5e-324),
    ] {
        assert_eq!(refusals(json!({"a": number})), []);
    }
    for number in [
        json!(9_007_199_254_740_993_u64),
        json!(-9_007_199_254_740_993_i64),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(-1e300),
    ] {
        refused(json!({"a": {"b": number.clone()}}), "a.b", "2^53");
        refused(json!({"a": [[number]]}), "a", "2^53");
    }
}

/// A database writes numbers without exponents.
#[test]
fn tiny_numbers_count_with_all_their_zeros() {
    let tiny = vec![5e-324; 100];
    let bytes = encoded_bytes(json!({ "a": tiny }).as_object().unwrap());
    assert_eq!(
        bytes,
        r#"{"a":[]}"#.len() + 100 * "0.".len() + 100 * 324 + 99
    );
    for (number, written) in [(-2.5e-7, "-0.00000025"), (-0.0, "-0.0"), (0.5, "0.5")] {
        let bytes = encoded_bytes(json!({ "a": number }).as_object().unwrap());
        assert_eq!(bytes, r#"{"a":}"#.len() + written.len(), "{written}");
    }
}

#[test]
fn names_have_a_length() {
    let longest = "n".repeat(MAX_NAME_BYTES);
    assert_eq!(refusals(json!({ longest: 1 })), []);
    let shown = format!("a.{}…", "ü".repeat(40));
    refused(
        json!({"a": {"ü".repeat(MAX_NAME_BYTES): {}}}),
        &shown,
        "at most 1024 bytes",
    );
    let shown = format!("{}…", "n".repeat(40));
    refused(
        json!({ "n".repeat(1 << 19): 1 }),
        &shown,
        "this one is 524288",
    );
}

#[test]
fn a_document_has_a_size() {
    let document = fields(json!({"a": "ü", "b": [1.5, null]}));
    let bytes = serde_json::to_string(&document).unwrap().len();
    assert_eq!(encoded_bytes(&document), bytes);
    assert_eq!(check(&document, bytes), Ok(()));
    let violations = check(&document, bytes - 1).unwrap_err();
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].path, Path::of_key(""));
    assert!(violations[0].rule.contains(&format!("this one is {bytes}")));
}

#[test]
fn short_leaves_below_long_names_are_no_way_to_fill_the_memory() {
    let leaves: Map<_, _> = (0..1000)
        .map(|index| (index.to_string(), json!(1)))
        .collect();
    let document = fields((0..50).fold(
        Value::Object(leaves),
        |value, _| json!({ "n".repeat(100): value }),
    ));
    let bytes = encoded_bytes(&document);
    let violations = check(&document, bytes).unwrap_err();
    assert_eq!(violations.len(), 1);
    assert!(
        violations[0].rule.contains("nest less deeply"),
        "{}",
        violations[0].rule
    );
}

#[test]
fn there_is_an_end_to_what_is_reported() {
    let many: Map<_, _> = (0..1000)
        .map(|index| (format!("_{index}"), json!("\0")))
        .collect();
    assert_eq!(refusals(Value::Object(many)).len(), 20);
    refused(json!({"a": vec!["\0"; 1000]}), "a", "texts hold no NUL");
}

proptest! {
    #[test]
    fn what_passes_flattens_to_a_multiple_of_its_size(document in document()) {
        let bytes = encoded_bytes(&document);
        if check(&document, bytes).is_ok() {
            let paths: usize = flatten(&document).keys().map(|path| path.as_str().len()).sum();
            prop_assert!(paths <= MAX_PATHS_PER_BYTE * bytes);
        }
    }

    #[test]
    fn every_violation_names_a_place(document in document()) {
        for violation in check(&document, PLENTY).err().unwrap_or_default() {
            let is_there = syncline_domain::document::get(&document, &violation.path).is_some();
            prop_assert!(is_there, "{violation:?}");
        }
    }
}
