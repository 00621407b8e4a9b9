//! What the laws are tried on: names, values and documents as awkward as JSON allows.

use proptest::{collection, prelude::*};
use serde_json::{Number, Value};
use syncline_domain::document::Document;

/// Names of fields, in which dots, percent signs and escapes are common.
pub(crate) fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ab.%2Ee5]{0,4}",
        2 => prop::sample::select(vec!["", ".", "..", "%", "%2E", "%25", "%2e", "__proto__", "a", "a.b", "ü", "𝄞"])
            .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

/// Scalars, among them numbers that are equal as doubles only.
pub(crate) fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![Just(0), Just(1), -9i64..9, any::<i64>()].prop_map(Value::from),
        prop_oneof![Just(0.0), Just(-0.0), Just(1.0), any::<f64>()]
            .prop_filter_map("JSON has no such number", Number::from_f64)
            .prop_map(Value::Number),
        any::<String>().prop_map(Value::String),
    ]
}

/// Any value, up to a few levels deep.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            collection::btree_map(name(), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Any document.
pub(crate) fn document() -> impl Strategy<Value = Document> {
    collection::btree_map(name(), value(), 0..5).prop_map(|fields| fields.into_iter().collect())
}
