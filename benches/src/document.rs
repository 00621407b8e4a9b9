//! The documents of the benchmark: 300 bytes of JSON with five fields.

use std::fmt::Write;

use syncline_domain::hlc::Hlc;

const NOTES: &str = "Two litres, the one with the blue cap, and whatever bread is left by then; ask \
     at the counter for the small loaves first. The shop closes at eight on Saturdays and at five on Sundays.";

/// A document as a device holds it. Its title says how often it was edited.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// What names it.
    pub key: String,
    created: String,
    edited: String,
    edits: u64,
}

impl Document {
    /// A new document.
    pub(crate) fn new(key: String, stamp: &Hlc) -> Self {
        Self {
            key,
            created: stamp.to_string(),
            edited: stamp.to_string(),
            edits: 0,
        }
    }

    /// Changes its title.
    pub(crate) fn edit(&mut self, stamp: &Hlc) {
        self.edits += 1;
        self.edited = stamp.to_string();
    }

    /// When it was edited last, as a device writes it.
    pub(crate) fn revision(&self) -> &str {
        &self.edited
    }

    /// Its fields, as 300 bytes of JSON.
    pub(crate) fn content(&self) -> String {
        format!(
            "{{\"title\":\"Buy milk and bread, edit {:012}\",\"notes\":\"{NOTES}\",\
             \"tags\":[\"home\",\"errand\"],\"done\":false,\"due\":\"2026-05-02\"}}",
            self.edits
        )
    }

    /// The revision of each field.
    pub(crate) fn field_revisions(&self) -> String {
        let (created, edited) = (&self.created, &self.edited);
        let mut text = format!("{{\"title\":\"{edited}\"");
        for field in ["notes", "tags", "done", "due"] {
            // Writing to a string cannot fail.
            let _ = write!(text, ",\"{field}\":\"{created}\"");
        }
        text.push('}');
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use syncline_domain::hlc::Hlc;

    use super::Document;

    #[test]
    fn a_document_has_300_bytes_however_often_it_was_edited() {
        let mut document = Document::new("a".to_owned(), &Hlc::zero());
        for _ in 0..1000 {
            assert_eq!(document.content().len(), 300);
            document.edit(&Hlc::zero());
        }
    }

    #[test]
    fn every_field_has_a_revision() {
        let document = Document::new("a".to_owned(), &Hlc::zero());
        let content: Value = serde_json::from_str(&document.content()).unwrap();
        let revisions: Value = serde_json::from_str(&document.field_revisions()).unwrap();
        let names = |value: &Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&content), names(&revisions));
    }
}
