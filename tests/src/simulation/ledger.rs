use std::collections::BTreeSet;

use serde_json::Value;

/// A value that is made once in a run: a number, or `<number>` within a text.
pub(super) type Token = u64;

/// The tokens that a value holds, each as often as it does.
pub(super) fn tokens(value: &Value) -> Vec<Token> {
    match value {
        Value::Number(number) => number.as_u64().into_iter().collect(),
        Value::String(text) => text
            .split('<')
            .filter_map(|part| part.split_once('>')?.0.parse().ok())
            .collect(),
        Value::Array(items) => items.iter().flat_map(tokens).collect(),
        Value::Object(fields) => fields.values().flat_map(tokens).collect(),
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}

/// What became of every value, as far as devices were told.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    next: Token,
    made: BTreeSet<(String, Token)>,
    overwritten: BTreeSet<(String, Token)>,
    reported: BTreeSet<(String, Token)>,
}

impl Ledger {
    /// A value that there has not been yet.
    pub(super) fn token(&mut self) -> Token {
        self.next += 1;
        self.next
    }

    /// Somebody who saw `old` made `new` of it; null stands for no document.
    pub(super) fn edited(&mut self, key: &str, old: &Value, new: &Value) {
        let (old, new): (BTreeSet<_>, BTreeSet<_>) = (
            tokens(old).into_iter().collect(),
            tokens(new).into_iter().collect(),
        );
        self.made
            .extend(new.difference(&old).map(|token| (key.to_owned(), *token)));
        self.overwritten
            .extend(old.difference(&new).map(|token| (key.to_owned(), *token)));
    }

    /// A device heard an answer with these reports.
    pub(super) fn heard(&mut self, reports: &Value) {
        for report in reports.as_array().into_iter().flatten() {
            let key = report["key"].as_str().unwrap_or_default();
            let named = ["localValue", "remoteValue"]
                .into_iter()
                .flat_map(|member| tokens(&report[member]));
            self.reported
                .extend(named.map(|token| (key.to_owned(), token)));
        }
    }

    /// Whether the document that all devices ended with accounts for every edit.
    pub(super) fn check(&self, key: &str, document: &Value) -> Result<(), String> {
        let held = tokens(document);
        let unique: BTreeSet<Token> = held.iter().copied().collect();
        if unique.len() != held.len() {
            return Err(format!("{key} holds something twice: {document}"));
        }
        let of_key = |entry: &&(String, Token)| entry.0 == key;
        let lost = self
            .made
            .iter()
            .filter(of_key)
            .filter(|(_, token)| !unique.contains(token))
            .find(|entry| !self.overwritten.contains(*entry) && !self.reported.contains(*entry));
        if let Some((_, token)) = lost {
            return Err(format!("{key} lost <{token}> without a report: {document}"));
        }
        let revived = self
            .overwritten
            .iter()
            .filter(of_key)
            .find(|entry| unique.contains(&entry.1) && !self.reported.contains(*entry));
        match revived {
            Some((_, token)) => Err(format!(
                "{key} has <{token}> again without a report: {document}"
            )),
            None => Ok(()),
        }
    }

    /// The values that were made in a document and are not in it.
    pub(super) fn missing(&self, key: &str, document: &Value) -> Vec<Token> {
        let held = tokens(document);
        let made = self.made.iter().filter(|entry| entry.0 == key);
        made.map(|(_, token)| *token)
            .filter(|token| !held.contains(token))
            .collect()
    }
}
