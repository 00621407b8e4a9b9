//! Documents and filters made at random, from few names and values, so that they meet.

use proptest::{
    collection,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::{Number, Value, json};
use syncline_domain::document::Document;
use tokio::runtime::Runtime;

use crate::library::{Library, leaf};

/// Holds a law over so many collections, each made of a case and with a name of its own.
pub(crate) fn hold<S: Strategy>(
    cases: u32,
    strategy: &S,
    law: &impl AsyncFn(&Library, &str, S::Value),
) {
    let runtime = Runtime::new().unwrap();
    let library = runtime.block_on(Library::open());
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let count = std::cell::Cell::new(0);
    let outcome = runner.run(strategy, |case| {
        count.set(count.get() + 1);
        let collection = format!("collection {}", count.get());
        runtime.block_on(law(&library, &collection, case));
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    runtime.block_on(library.server.finish());
}

/// Words that texts are searched for. No other text has them.
const WORDS: &[&str] = &["milk", "bread", "tea"];

const NAMES: &[&str] = &["a", "b", "a.b", "0", "%2E", "", "é"];

const PATHS: &[&str] = &[
    "a", "b", "a.b", "a%2Eb", "0", "a.0", "b.0", "%252E", "", "é", "a.a", "b.é", "a.b.a", "absent",
];

const TEXTS: &[&str] = &[
    "",
    "a",
    "A",
    "ab",
    "b",
    "Z",
    "10",
    "9",
    "null",
    "true",
    "é",
    "e\u{301}",
    "ß",
    "𝄞",
    "\u{ffff}",
    "%",
    "_",
    "\\",
    "'",
    "\"",
    "a b",
    "\n",
    "milk",
    "Milk and bread",
    "tea-bread",
    "[1]",
    "{}",
];

const NUMBERS: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.1,
    0.2,
    0.300_000_000_000_000_04,
    10.0,
    9.0,
    1e-7,
    5e-324,
    9_007_199_254_740_992.0,
    -9_007_199_254_740_992.0,
    1.5,
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(TEXTS).prop_map(str::to_owned),
        1 => "[a-c]{0,3}",
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(NUMBERS).prop_map(|double| Value::Number(Number::from_f64(double).unwrap())),
        (-2_i64..12).prop_map(Value::from),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        3 => number(),
        4 => text().prop_map(Value::String),
    ]
}

/// Any value, up to a few levels deep.
fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            fields(inner).prop_map(Value::Object),
        ]
    })
}

fn fields(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Document> {
    let name = select(NAMES).prop_map(str::to_owned);
    collection::btree_map(name, value, 0..4).prop_map(|fields| fields.into_iter().collect())
}

/// The documents of a collection.
pub(crate) fn documents() -> impl Strategy<Value = Vec<Document>> {
    collection::vec(fields(value()), 1..40)
}

/// A path that some documents have.
pub(crate) fn path() -> impl Strategy<Value = &'static str> {
    select(PATHS)
}

fn condition() -> impl Strategy<Value = Value> {
    let bound = prop_oneof![number(), text().prop_map(Value::String)];
    let comparison = select(vec!["gt", "gte", "lt", "lte"]);
    prop_oneof![
        (path(), select(vec!["eq", "ne", "contains"]), value())
            .prop_map(|(path, op, value)| leaf(path, op, value)),
        (path(), comparison, bound).prop_map(|(path, op, value)| leaf(path, op, value)),
        (path(), collection::vec(value(), 0..4)).prop_map(|(path, values)| leaf(
            path,
            "in",
            Value::Array(values)
        )),
        (path(), any::<bool>()).prop_map(|(path, is)| leaf(path, "exists", is)),
        (path(), text()).prop_map(|(path, start)| leaf(path, "starts", start)),
    ]
}

fn text_query() -> impl Strategy<Value = Value> {
    let word = (select(WORDS), any::<bool>())
        .prop_map(|(word, is_wanted)| format!("{}{word}", if is_wanted { "" } else { "-" }));
    let query = collection::vec(word, 1..3).prop_map(|words| words.join(" "));
    let fields = collection::vec(path(), 0..3);
    (query, fields)
        .prop_map(|(query, fields)| json!({ "type": "text", "query": query, "fields": fields }))
}

/// Any filter. Trees with many texts are refused: only the top has some.
pub(crate) fn filter() -> impl Strategy<Value = Value> {
    let tree = condition().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            (
                select(vec!["and", "or"]),
                collection::vec(inner.clone(), 0..4)
            )
                .prop_map(|(kind, filters)| json!({ "type": kind, "filters": filters })),
            inner.prop_map(|filter| json!({ "type": "not", "filters": [filter] })),
        ]
    });
    let with_text = (
        select(vec!["and", "or"]),
        tree.clone(),
        text_query(),
        any::<bool>(),
    )
        .prop_map(|(kind, tree, text, is_negated)| {
            let both = json!({ "type": kind, "filters": [tree, text] });
            if is_negated {
                json!({ "type": "not", "filters": [both] })
            } else {
                both
            }
        });
    prop_oneof![4 => tree, 1 => with_text]
}
