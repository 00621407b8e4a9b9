//! The documents of the benchmark: 300 bytes of JSON with five fields.

use std::fmt::Write;

use syncline_domain::hlc::Hlc;

const NOTES: &str = "litres, the one with the blue cap, and whatever bread is left then;\\nask \
     at the counter for the small loaves first.\\nThe shop closes at eight on Saturdays.";

/// What an edit of a document changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The title, a text of one line.
    Title,
    /// The first line of the notes.
    FirstLine,
    /// The last line of the notes.
    LastLine,
}

/// A document as a device holds it. The part that is edited says how often it was.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// What names it.
    pub key: String,
    created: String,
    edited: String,
    before: String,
    edits: u64,
    part: Part,
}

impl Document {
    /// A new document, whose title will be edited.
    pub(crate) fn new(key: String, stamp: &Hlc) -> Self {
        Self {
            key,
            created: stamp.to_string(),
            edited: stamp.to_string(),
            before: stamp.to_string(),
            edits: 0,
            part: Part::Title,
        }
    }

    /// The same, of which another part will be edited, counted on from a number of edits: two
    /// devices that begin at different ones never write the same.
    pub(crate) fn with_edits_of(mut self, part: Part, after: u64) -> Self {
        self.part = part;
        self.edits = after;
        self
    }

    /// Changes it.
    pub(crate) fn edit(&mut self, stamp: &Hlc) {
        self.edits += 1;
        self.before = std::mem::replace(&mut self.edited, stamp.to_string());
    }

    /// When it was edited last, as a device writes it.
    pub(crate) fn revision(&self) -> &str {
        &self.edited
    }

    /// Its fields, as 300 bytes of JSON.
    pub(crate) fn content(&self) -> String {
        let edits = |part| if self.part == part { self.edits } else { 0 };
        format!(
            "{{\"title\":\"Buy milk and bread, edit {:012}\",\"notes\":\"{:012}\\n{NOTES}\\n{:012}\",\
             \"tags\":[\"home\",\"errand\"],\"done\":false,\"due\":\"2026-05-02\"}}",
            edits(Part::Title),
            edits(Part::FirstLine),
            edits(Part::LastLine),
        )
    }

    /// The revision of each field.
    pub(crate) fn field_revisions(&self) -> String {
        let mut text = String::from("{");
        for field in ["title", "notes", "tags", "done", "due"] {
            let revision = if field == self.edited_field() {
                &self.edited
            } else {
                &self.created
            };
            // Writing to a string cannot fail.
            let _ = write!(text, "\"{field}\":\"{revision}\",");
        }
        text.pop();
        text.push('}');
        text
    }

    /// The revision that its device gave the edited field before, and has pushed.
    pub(crate) fn after(&self) -> String {
        format!("{{\"{}\":\"{}\"}}", self.edited_field(), self.before)
    }

    fn edited_field(&self) -> &'static str {
        match self.part {
            Part::Title => "title",
            Part::FirstLine | Part::LastLine => "notes",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use syncline_domain::hlc::Hlc;

    use super::{Document, Part};

    #[test]
    fn a_document_has_300_bytes_however_often_it_was_edited() {
        for part in [Part::Title, Part::FirstLine, Part::LastLine] {
            let mut document = Document::new("a".to_owned(), &Hlc::zero()).with_edits_of(part, 0);
            for _ in 0..1000 {
                assert_eq!(document.content().len(), 300);
                document.edit(&Hlc::zero());
            }
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

    #[test]
    fn edits_of_two_lines_leave_the_lines_between_alone() {
        let lines = |part| {
            let mut document = Document::new("a".to_owned(), &Hlc::zero()).with_edits_of(part, 0);
            document.edit(&Hlc::zero());
            let content: Value = serde_json::from_str(&document.content()).unwrap();
            let notes = content["notes"].as_str().unwrap().to_owned();
            notes.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let (first, last) = (lines(Part::FirstLine), lines(Part::LastLine));
        let same: Vec<_> = (0..5).filter(|line| first[*line] == last[*line]).collect();
        assert_eq!(same, [1, 2, 3]);
    }
}
