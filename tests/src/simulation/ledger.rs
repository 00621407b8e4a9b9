use std::collections::BTreeSet;

use serde_json::Value;

/// A value that is made once in a run: a number, or `<number>` within a text.
pub(crate) type Token = u64;

/// The tokens that a value holds, each as often as it does.
pub(crate) fn tokens(value: &Value) -> Vec<Token> {
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
pub(crate) struct Ledger {
    next: Token,
    made: BTreeSet<(String, Token)>,
    overwritten: BTreeSet<(String, Token)>,
    /// A value is made once, so that it need not be said in which document.
    reported: BTreeSet<Token>,
}

impl Ledger {
    /// A ledger whose values begin above `first`, so that those of several runs can be told apart.
    pub(crate) fn above(first: Token) -> Self {
        Self {
            next: first,
            ..Self::default()
        }
    }

    /// A value that there has not been yet.
    pub(crate) fn token(&mut self) -> Token {
        self.next += 1;
        self.next
    }

    /// Somebody who saw `old` made `new` of it; null stands for no document.
    pub(crate) fn edited(&mut self, key: &str, old: &Value, new: &Value) {
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
    pub(crate) fn heard(&mut self, reports: &Value) {
        for report in reports.as_array().into_iter().flatten() {
            let named = ["localValue", "remoteValue"]
                .into_iter()
                .flat_map(|member| tokens(&report[member]));
            self.reported.extend(named);
        }
    }

    /// Somebody knows of these values that they may be gone, or may have come back.
    pub(crate) fn excuse(&mut self, tokens: impl IntoIterator<Item = Token>) {
        self.reported.extend(tokens);
    }

    /// Whether the document that all devices ended with accounts for every edit.
    pub(crate) fn check(&self, key: &str, document: &Value) -> Result<(), String> {
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
            .find(|entry| !self.overwritten.contains(*entry) && !self.reported.contains(&entry.1));
        if let Some((_, token)) = lost {
            return Err(format!("{key} lost <{token}> without a report: {document}"));
        }
        let revived = self
            .overwritten
            .iter()
            .filter(of_key)
            .find(|entry| unique.contains(&entry.1) && !self.reported.contains(&entry.1));
        match revived {
            Some((_, token)) => Err(format!(
                "{key} has <{token}> again without a report: {document}"
            )),
            None => Ok(()),
        }
    }

    /// The values that were made in a document and are not in it.
    pub(crate) fn missing(&self, key: &str, document: &Value) -> Vec<Token> {
        let held = tokens(document);
        let made = self.made.iter().filter(|entry| entry.0 == key);
        made.map(|(_, token)| *token)
            .filter(|token| !held.contains(token))
            .collect()
    }
}
