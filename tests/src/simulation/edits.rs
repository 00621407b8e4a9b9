use rand::RngExt;
use serde_json::{Value, json};
use syncline_client::Document;

use super::{Dice, ledger::Ledger};

/// A document as a device creates it.
pub(crate) fn new_document(dice: &mut Dice, ledger: &mut Ledger) -> Document {
    let mut document = Document::new();
    document.insert("title".to_owned(), text(ledger));
    if dice.random_bool(0.5) {
        document.insert("count".to_owned(), ledger.token().into());
    }
    if dice.random_bool(0.5) {
        insert_lines(&mut document, dice, ledger);
    }
    document
}

/// A few edits at once.
pub(crate) fn edit(document: &mut Document, dice: &mut Dice, ledger: &mut Ledger) {
    for _ in 0..dice.random_range(1..=3) {
        edit_once(document, dice, ledger);
    }
}

fn edit_once(document: &mut Document, dice: &mut Dice, ledger: &mut Ledger) {
    match dice.random_range(0..16) {
        0 | 1 => put(document, "title", text(ledger)),
        2 => put(document, "count", ledger.token().into()),
        3 => put(document, "tags", json!([ledger.token(), text(ledger)])),
        4 => put(document, "flag", dice.random_bool(0.5).into()),
        5 | 6 => put_inside(document, "name", text(ledger)),
        7 => put_inside(document, "e.mail", ledger.token().into()),
        8 => put(document, "person", text(ledger)),
        9 => put(document, "person", json!({})),
        10 => remove(
            document,
            ["title", "count", "person", "tags"][dice.random_range(0..4)],
        ),
        11 => change_line(document, dice, Some(ledger)),
        12 => change_line(document, dice, None),
        _ => insert_lines(document, dice, ledger),
    }
}

/// Inserts a line or two somewhere into the text.
pub(crate) fn insert_lines(document: &mut Document, dice: &mut Dice, ledger: &mut Ledger) {
    let mut lines = lines(document);
    let place = dice.random_range(0..=lines.len());
    for _ in 0..dice.random_range(1..=2) {
        lines.insert(place, format!("- <{}>", ledger.token()));
    }
    write_lines(document, &lines);
}

/// Replaces a line, or takes it out.
fn change_line(document: &mut Document, dice: &mut Dice, ledger: Option<&mut Ledger>) {
    let mut lines = lines(document);
    if lines.is_empty() {
        return;
    }
    let place = dice.random_range(0..lines.len());
    match ledger {
        Some(ledger) => lines[place] = format!("* <{}>", ledger.token()),
        None => drop(lines.remove(place)),
    }
    write_lines(document, &lines);
}

fn lines(document: &Document) -> Vec<String> {
    let text = document
        .get("text")
        .and_then(Value::as_str)
        .unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn write_lines(document: &mut Document, lines: &[String]) {
    let ends = lines.iter().flat_map(|line| [line.as_str(), "\n"]);
    document.insert("text".to_owned(), ends.collect::<String>().into());
}

fn text(ledger: &mut Ledger) -> Value {
    format!("<{}>", ledger.token()).into()
}

fn put(document: &mut Document, field: &str, value: Value) {
    document.insert(field.to_owned(), value);
}

fn put_inside(document: &mut Document, field: &str, value: Value) {
    let person = document.entry("person").or_insert_with(|| json!({}));
    if !person.is_object() {
        *person = json!({});
    }
    if let Value::Object(person) = person {
        person.insert(field.to_owned(), value);
    }
}

fn remove(document: &mut Document, field: &str) {
    document.remove(field);
}
