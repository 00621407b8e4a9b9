//! A document as it stands in a line of its own.

use serde_json::{Map, Value};
use syncline_domain::identifier::CollectionName;

use super::{ImportRejection, change, entry::ExportedEntry, lines::Line};
use crate::sync::{Rejection, RejectionCode};

/// A document, where it belongs, and what is said of its readers.
pub(super) struct ExportedLine {
    pub(super) application: String,
    pub(super) collection: CollectionName,
    /// The document as a change in the body of a sync.
    pub(super) change: Value,
    pub(super) entry: Option<Value>,
}

/// Reads a line; none if nothing stands there.
///
/// # Errors
/// The rule that it breaks.
pub(super) fn read(line: &Line, most_bytes: usize) -> Result<Option<ExportedLine>, String> {
    let Some(text) = &line.text else {
        let rule = format!("it has more than {most_bytes} bytes, which no document may have");
        return Err(rule);
    };
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(None);
    }
    let members: Map<String, Value> = serde_json::from_slice(text)
        .map_err(|error| format!("it is no JSON object (see column {})", error.column()))?;
    Ok(Some(placed(members)?))
}

fn placed(mut members: Map<String, Value>) -> Result<ExportedLine, &'static str> {
    let Some(Value::String(application)) = members.remove("_app") else {
        return Err("`_app` names no application; import what `format=ndjson` exports");
    };
    let Some(Value::String(collection)) = members.remove("_collection") else {
        return Err("`_collection` names no collection; import what `format=ndjson` exports");
    };
    Ok(ExportedLine {
        application,
        collection: CollectionName::new(&collection)
            .map_err(|_| "`_collection` is no name of a collection; rename it in the file")?,
        entry: members.remove("_docIndex"),
        change: change(Value::Object(members)),
    })
}

/// The access entry of a line, if it is that of the document beside it.
///
/// # Errors
/// The rule that it breaks.
pub(super) fn entry(
    entry: Value,
    application: &str,
    collection: &CollectionName,
    key: &str,
) -> Result<ExportedEntry, String> {
    let entry: ExportedEntry =
        serde_json::from_value(entry).map_err(|error| format!("_docIndex: {error}"))?;
    if entry.is_of(application, collection, key) {
        return Ok(entry);
    }
    Err("_docIndex: it is the entry of another document".to_owned())
}

/// A line that is not as it should be.
pub(super) fn refuse(line: u64, rule: &str) -> ImportRejection {
    let error = format!("line {line}: {rule}");
    ImportRejection {
        line: Some(line),
        app: None,
        collection: None,
        rejection: Rejection::of(RejectionCode::BadRequest, error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Line, read, refuse};

    fn line(text: &str) -> Line {
        Line {
            number: 7,
            text: Some(text.as_bytes().to_vec()),
        }
    }

    #[test]
    fn a_line_is_a_document_with_its_place() {
        let text = r#"{"_app":"todo","_collection":"notes","_docIndex":{},"_key":"1","a":2}"#;
        let read = read(&line(text), 99).ok().flatten().unwrap();
        assert_eq!(
            (read.application.as_str(), read.collection.as_str()),
            ("todo", "notes")
        );
        assert_eq!(read.change, json!({ "key": "1", "doc": { "a": 2 } }));
        assert_eq!(read.entry, Some(json!({})));
    }

    #[test]
    fn what_is_no_such_line_is_named_by_its_number() {
        assert!(matches!(read(&line(" \r"), 99), Ok(None)));
        let too_long = Line {
            number: 7,
            text: None,
        };
        let texts = ["{", "[]", "7", "{}", r#"{"_app":"todo"}"#, r#"{"_app":1}"#];
        let refused = texts.map(line).into_iter().chain([too_long]);
        for line in refused {
            let rule = read(&line, 99).err().unwrap();
            let rejection = refuse(line.number, &rule);
            assert_eq!(rejection.line, Some(7));
            assert_eq!(rejection.rejection.error, format!("line 7: {rule}"));
        }
    }
}
