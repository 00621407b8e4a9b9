use serde_json::{Value, json};
use syncline_domain::path::Path;

use super::generator::Generator;

pub(crate) fn vectors() -> Value {
    json!({ "written": written(), "read": read() })
}

pub(crate) fn path_of(keys: &[String]) -> Path {
    let (first, rest) = keys.split_first().expect("a path has a key");
    rest.iter()
        .fold(Path::of_key(first), |path, key| path.child(key))
}

fn written() -> Vec<Value> {
    let fixed: [(&str, &[&str]); 11] = [
        ("one key", &["title"]),
        ("two keys", &["address", "city"]),
        ("the empty key", &[""]),
        ("empty keys", &["", "", ""]),
        ("a dot", &["a.b", "c"]),
        ("a percent sign", &["50%"]),
        ("an escape as a key", &["%2E", "%25"]),
        ("a lower-case escape as a key", &["%2e"]),
        ("a dot alone", &["."]),
        ("beyond the first plane", &["𝄞", "ü"]),
        ("names of JavaScript's own", &["__proto__", "constructor"]),
    ];
    let fixed = fixed.map(|(name, keys)| (name, keys.iter().map(ToString::to_string).collect()));
    let mut generator = Generator::new(2);
    let generated = (0..30).map(|_| ("generated", generator.keys()));
    let case = |(name, keys): (&str, Vec<String>)| {
        let path = path_of(&keys);
        let above: Vec<&str> = path.above().collect();
        json!({ "name": name, "keys": keys, "path": path, "above": above })
    };
    fixed.into_iter().chain(generated).map(case).collect()
}

fn read() -> Vec<Value> {
    let cases = [
        ("as it is written", "a%2Eb.c"),
        ("a lower-case escape", "a%2eb"),
        ("a percent sign that begins no escape", "100%"),
        ("another escape", "a%20b"),
        ("half an escape", "%2.E"),
        ("a percent sign before an escape", "%%2E"),
        ("an escaped escape", "%252E"),
        ("an escaped percent sign before digits", "%2525"),
        ("an escape that another would make", "%2%2E5"),
        ("no digit", "%zz"),
        ("empty", ""),
        ("a dot alone", "."),
        ("a dot at the end", "a."),
    ];
    let case = |(name, text)| {
        let path = Path::parse(text);
        let keys: Vec<_> = path.keys().collect();
        json!({ "name": name, "text": text, "path": path, "keys": keys })
    };
    cases.map(case).into()
}
