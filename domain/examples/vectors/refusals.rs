use serde_json::{Value, json};
use syncline_domain::{
    document::{Document, MAX_DEPTH, MAX_NAME_BYTES, check, encoded_bytes},
    identifier::{ApplicationName, CollectionName, DocumentKey, IdentifierError, UserId},
};

const PLENTY: usize = 1 << 20;

pub(crate) fn vectors() -> Value {
    json!({ "documents": documents(), "unreadable": unreadable(), "names": names() })
}

fn nested(levels: usize, open: &str, close: &str) -> String {
    format!(
        r#"{{"a":{}1{}}}"#,
        open.repeat(levels - 1),
        close.repeat(levels - 1)
    )
}

fn documents() -> Vec<Value> {
    let long = "n".repeat(MAX_NAME_BYTES);
    let wide = "ü".repeat(MAX_NAME_BYTES / 2);
    let fixed = [
        ("nothing", "{}".to_owned()),
        ("64 levels of objects", nested(MAX_DEPTH, r#"{"a":"#, "}")),
        (
            "65 levels of objects",
            nested(MAX_DEPTH + 1, r#"{"a":"#, "}"),
        ),
        ("64 levels, arrays among them", nested(MAX_DEPTH, "[", "]")),
        (
            "65 levels, arrays among them",
            nested(MAX_DEPTH + 1, "[", "]"),
        ),
        (
            "an empty object at level 65",
            nested(MAX_DEPTH, r#"{"a":"#, "}").replace('1', "{}"),
        ),
        ("a NUL in a text", r#"{"a":{"b":"x\u0000"}}"#.to_owned()),
        ("a NUL in a name", r#"{"a":{"b\u0000":1}}"#.to_owned()),
        (
            "a NUL in an array",
            r#"{"a":[[1,"\u0000"],"\u0000"]}"#.to_owned(),
        ),
        (
            "a NUL in a name in an array",
            r#"{"a":[{"b":{"\u0000":1}}]}"#.to_owned(),
        ),
        (
            "an escaped backslash is no NUL",
            r#"{"a":"\\u0000"}"#.to_owned(),
        ),
        ("a reserved name", r#"{"_rev":1,"b":2}"#.to_owned()),
        (
            "a reserved name further down",
            r#"{"a":{"_rev":1},"b":[{"_key":2}]}"#.to_owned(),
        ),
        (
            "the greatest numbers",
            r#"{"a":9007199254740992,"b":-9007199254740992}"#.to_owned(),
        ),
        (
            "small numbers",
            r#"{"a":5e-324,"b":-0.0,"c":0.1}"#.to_owned(),
        ),
        (
            "an unsigned number of 64 bits",
            r#"{"a":18446744073709551615}"#.to_owned(),
        ),
        (
            "a double that is too great",
            r#"{"a":[1e300],"b":-1e300}"#.to_owned(),
        ),
        ("a name as long as can be", format!(r#"{{"{long}":1}}"#)),
        (
            "a name that is too long",
            format!(r#"{{"a":{{"{long}x":1}}}}"#),
        ),
        (
            "a wide name as long as can be",
            format!(r#"{{"{wide}":1}}"#),
        ),
        (
            "a wide name that is too long",
            format!(r#"{{"{wide}ü":1}}"#),
        ),
        ("several", r#"{"_a":"\u0000","b":{"c":1e300}}"#.to_owned()),
    ];
    let integers = [
        (
            "one more than the greatest number",
            r#"{"a":{"b":9007199254740993}}"#,
        ),
        (
            "one less than the least number",
            r#"{"a":[-9007199254740993]}"#,
        ),
    ];
    let mut cases: Vec<Value> = fixed
        .iter()
        .map(|(name, text)| document(name, text, PLENTY, false))
        .collect();
    cases.extend(integers.map(|(name, text)| document(name, text, PLENTY, true)));
    cases.extend(sizes());
    cases
}

fn sizes() -> Vec<Value> {
    let text = r#"{"a":"ü𝄞","b":[1.5,null,true],"c":"\"\n"}"#;
    let bytes = encoded_bytes(&read(text));
    let long = "n".repeat(200);
    let leaves: Vec<String> = (10..30).map(|name| format!(r#""{name}":1"#)).collect();
    let deep = (0..40).fold(format!("{{{}}}", leaves.join(",")), |inside, _| {
        format!(r#"{{"{long}":{inside}}}"#)
    });
    vec![
        document("as great as can be", text, bytes, false),
        document("one byte too great", text, bytes - 1, false),
        document("short leaves below long names", &deep, 9_000, false),
    ]
}

fn read(text: &str) -> Document {
    serde_json::from_str(text).expect("the case is JSON")
}

fn document(name: &str, text: &str, max_bytes: usize, needs_integers: bool) -> Value {
    let violations = check(&read(text), max_bytes).err().unwrap_or_default();
    let violations: Vec<_> = violations
        .iter()
        .map(|violation| json!({ "path": violation.path, "rule": violation.rule }))
        .collect();
    json!({
        "name": name,
        "json": text,
        "maxBytes": max_bytes,
        "needsIntegers": needs_integers,
        "violations": violations,
    })
}

fn unreadable() -> Vec<Value> {
    let cases = [
        ("a number beyond all doubles", r#"{"a":1e400}"#),
        ("half a surrogate pair", r#"{"a":"\ud800"}"#),
        ("not a number", r#"{"a":NaN}"#),
        ("a truncated text", r#"{"a":"b"#),
        ("an array", "[1]"),
    ];
    let case = |(name, text): (&str, &str)| {
        serde_json::from_str::<Document>(text).expect_err("the case is unreadable");
        json!({ "name": name, "json": text })
    };
    cases.map(case).into()
}

fn names() -> Vec<Value> {
    let (long, wide) = ("n".repeat(500), "ü".repeat(256));
    let lengths = [1, 64, 65, 128, 129, 255, 256, 400, 401].map(|length| &long[..length]);
    let wide = [64, 65, 200, 201, 255, 256].map(|length| &wide[..2 * length]);
    let fixed = [
        "", "a", "A-b_c.9", "-a", ".", "..", "_a", "a b", "a/b", "a\0", "a\n", "a\u{85}", "𝄞",
    ];
    let texts = fixed.iter().chain(&lengths).chain(&wide);
    texts.map(|text| name(text)).collect()
}

fn name(text: &str) -> Value {
    let error = |result: Option<IdentifierError>| result.map(|error| error.to_string());
    json!({
        "name": format!("{} characters, {} bytes", text.chars().count(), text.len()),
        "text": text,
        "user": error(UserId::new(text).err()),
        "application": error(ApplicationName::new(text).err()),
        "collection": error(CollectionName::new(text).err()),
        "key": error(DocumentKey::new(text).err()),
    })
}
