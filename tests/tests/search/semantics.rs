//! What PostgreSQL finds is what the plain evaluation of the same filter says.

use proptest::collection;
use serde_json::Value;
use syncline_domain::{
    document::{Document, get},
    filter::{Filter, TextQuery},
};

use crate::{
    generated::{documents, filter, hold},
    library::Library,
};

/// How many collections are made, and how many searches there are in each.
const COLLECTIONS: u32 = 60;
const SEARCHES: usize = 25;

#[test]
fn a_filter_finds_what_its_evaluation_says() {
    let cases = (documents(), collection::vec(filter(), SEARCHES));
    hold(COLLECTIONS, &cases, &async |library: &Library,
                                      name: &str,
                                      (documents, filters): (
        Vec<Document>,
        Vec<Value>,
    )| {
        library.fill(name, &documents).await;
        compare(library, name, &documents, &filters).await;
    });
}

async fn compare(library: &Library, collection: &str, documents: &[Document], filters: &[Value]) {
    for filter in filters {
        let parsed = Filter::parse(filter).unwrap();
        let numbered = documents.iter().enumerate();
        let meant: Vec<_> = numbered
            .filter(|(_, document)| parsed.evaluate(document, &|text| matches(document, text)))
            .map(|(number, _)| format!("{number:02}"))
            .collect();
        let mut found = library.find(collection, filter).await;
        // With a text, by rank.
        found.sort();
        assert_eq!(found, meant, "{filter}\nof {documents:#?}");
    }
}

/// Whether the texts have every word of a query, and none that it excludes.
fn matches(document: &Document, text: &TextQuery) -> bool {
    let mut words = Vec::new();
    if text.fields.is_empty() {
        document.values().for_each(|value| read(value, &mut words));
    }
    for field in &text.fields {
        if let Some(value) = get(document, field) {
            read(value, &mut words);
        }
    }
    text.query
        .split(' ')
        .all(|wanted| match wanted.strip_prefix('-') {
            Some(unwanted) => !words.iter().any(|word| word == unwanted),
            None => words.iter().any(|word| word == wanted),
        })
}

fn read(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let parts = text.split(|character: char| !character.is_alphanumeric());
            words.extend(parts.map(str::to_lowercase));
        }
        Value::Array(items) => items.iter().for_each(|item| read(item, words)),
        Value::Object(fields) => fields.values().for_each(|value| read(value, words)),
        _ => {}
    }
}
