use serde_json::{Value, json};
use syncline_domain::document::{Document, Leaves, diff, flatten, same_value};

use super::generator::Generator;

const GENERATED: usize = 30;

pub(crate) fn vectors() -> Value {
    json!({ "flatten": flattened(), "diff": differences(), "same": sameness() })
}

pub(crate) fn fields(value: Value) -> Document {
    match value {
        Value::Object(fields) => fields,
        _ => Document::new(),
    }
}

fn listed(leaves: &Leaves<'_>) -> Vec<Value> {
    leaves
        .iter()
        .map(|(path, value)| json!({ "path": path, "value": value }))
        .collect()
}

fn flattened() -> Vec<Value> {
    let fixed = [
        ("nothing", json!({})),
        (
            "scalars",
            json!({"text": "a", "number": 1.5, "yes": true, "nothing": null}),
        ),
        ("nested objects", json!({"a": {"b": {"c": 1}, "d": 2}})),
        ("an empty object", json!({"a": {}, "b": {"c": {}}})),
        ("an empty array", json!({"a": []})),
        (
            "an array of objects is a leaf",
            json!({"a": [{"b": {"c": 1}}]}),
        ),
        (
            "dots and percent signs",
            json!({"a.b": {"c%": 1}, "a": {"b.c": 2}, "%2E": 3}),
        ),
        ("empty names", json!({"": {"": 1}})),
        (
            "__proto__",
            json!({"__proto__": {"polluted": true}, "constructor": {"prototype": 1}}),
        ),
        ("unicode", json!({"ü": {"𝄞": "é e\u{301}"}})),
    ];
    let fixed = fixed.map(|(name, document)| (name, fields(document)));
    let mut generator = Generator::new(3);
    let generated = (0..GENERATED).map(|_| ("generated", generator.document()));
    let case = |(name, document): (&str, Document)| {
        let leaves = listed(&flatten(&document));
        json!({ "name": name, "document": document, "leaves": leaves })
    };
    fixed.into_iter().chain(generated).map(case).collect()
}

fn differences() -> Vec<Value> {
    let fixed = [
        ("nothing", json!({"a": 1}), json!({"a": 1})),
        ("a new field", json!({}), json!({"a": null})),
        ("a removed field", json!({"a": null}), json!({})),
        (
            "a changed field",
            json!({"a": {"b": 1, "c": 2}}),
            json!({"a": {"b": 1, "c": 3}}),
        ),
        (
            "a value becomes an object",
            json!({"a": 1}),
            json!({"a": {"b": 2}}),
        ),
        (
            "an object becomes a value",
            json!({"a": {"b": 2, "c": 3}}),
            json!({"a": 1}),
        ),
        (
            "an empty object is filled",
            json!({"a": {}}),
            json!({"a": {"b": 1}}),
        ),
        (
            "an object is emptied",
            json!({"a": {"b": 1}}),
            json!({"a": {}}),
        ),
        (
            "an object is removed",
            json!({"a": {"b": {"c": 1}}}),
            json!({}),
        ),
        (
            "an array changes as a whole",
            json!({"a": [1, 2]}),
            json!({"a": [1, 3]}),
        ),
        (
            "equal numbers",
            json!({"a": 1, "b": [2]}),
            json!({"a": 1.0, "b": [2.0]}),
        ),
        (
            "__proto__",
            json!({"__proto__": {"a": 1}}),
            json!({"__proto__": {"a": 2}}),
        ),
    ];
    let fixed = fixed.map(|(name, from, to)| (name, fields(from), fields(to)));
    let mut generator = Generator::new(4);
    let generated =
        (0..GENERATED).map(|_| ("generated", generator.document(), generator.document()));
    let case = |(name, from, to): (&str, Document, Document)| {
        let difference = diff(&from, &to);
        let (changed, removed) = (listed(&difference.changed), difference.removed);
        json!({ "name": name, "from": from, "to": to, "changed": changed, "removed": removed })
    };
    fixed.into_iter().chain(generated).map(case).collect()
}

fn sameness() -> Vec<Value> {
    let cases = [
        ("an integer and a double", json!(1), json!(1.0)),
        ("both zeros", json!(0), json!(-0.0)),
        (
            "members in another order",
            json!({"a": 1, "b": 2}),
            json!({"b": 2, "a": 1}),
        ),
        (
            "numbers deep inside",
            json!([{"a": [1]}]),
            json!([{"a": [1.0]}]),
        ),
        ("a number and its text", json!(1), json!("1")),
        ("zero and false", json!(0), json!(false)),
        ("null and nothing", json!({"a": null}), json!({})),
        ("an empty object and an empty array", json!({}), json!([])),
        ("items in another order", json!([1, 2]), json!([2, 1])),
        ("composed and decomposed", json!("é"), json!("e\u{301}")),
        ("upper and lower case", json!("a"), json!("A")),
    ];
    let case = |(name, left, right)| {
        let same = same_value(&left, &right);
        json!({ "name": name, "left": left, "right": right, "same": same })
    };
    cases.map(case).into()
}
