//! A device: the requests that it sends, and what it expects to be answered.

use serde::{Deserialize, de::IgnoredAny};
use syncline_domain::hlc::{Hlc, Node};

use crate::{BenchError, clock, document::Document, http::Call};

/// A device of a user.
#[derive(Debug)]
pub(crate) struct Device {
    /// The user's session token.
    pub token: String,
    /// The organisation whose documents it edits, if they are not the user's own.
    pub organisation: Option<String>,
    /// Who owns the documents that it edits, if that is another user.
    pub owner: Option<String>,
    /// The most documents of others in an answer, if there may be any.
    pub limit: Option<u32>,
    /// What it had seen when it began to edit, if that was long ago.
    pub base: Option<String>,
    node: Node,
    collection: String,
    clock: Hlc,
    server_clock: String,
    keys: String,
    created: u64,
    edited: usize,
    /// The documents that it edits.
    pub documents: Vec<Document>,
}

/// What an answer is read for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    server_clock: &'a str,
    server_changes: Vec<IgnoredAny>,
    conflicts: Vec<IgnoredAny>,
    #[serde(default)]
    accepted: Vec<IgnoredAny>,
    #[serde(default)]
    rejected: Vec<IgnoredAny>,
    #[serde(default)]
    reset: bool,
}

/// What has to be in the answer to a push.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    accepted: Option<usize>,
    conflicts: usize,
    changes: Option<usize>,
}

impl Due {
    /// So many documents are stored as they are, and nothing new comes with the answer.
    pub(crate) fn stored(documents: usize) -> Self {
        Self {
            accepted: Some(documents),
            conflicts: 0,
            changes: Some(0),
        }
    }

    /// The same, and documents of others may come.
    pub(crate) fn stored_beside_others(documents: usize) -> Self {
        Self {
            changes: None,
            ..Self::stored(documents)
        }
    }

    /// So many conflicts are reported, whoever wins.
    pub(crate) fn conflicts(documents: usize) -> Self {
        Self {
            accepted: None,
            conflicts: documents,
            changes: None,
        }
    }
}

impl Device {
    /// A device that has seen nothing of `collection` yet.
    pub(crate) fn new(token: String, name: &str, collection: &str) -> Result<Self, BenchError> {
        let node = Node::new(name)?;
        Ok(Self {
            token,
            organisation: None,
            owner: None,
            limit: None,
            base: None,
            clock: Hlc::zero().with_node(node.clone()),
            node,
            collection: collection.to_owned(),
            server_clock: Hlc::zero().to_string(),
            keys: "document".to_owned(),
            created: 0,
            edited: 0,
            documents: Vec::new(),
        })
    }

    /// From now on its documents have keys that no other device uses.
    pub(crate) fn name_keys_after_it(&mut self) {
        self.keys = self.node.as_str().to_owned();
    }

    /// What it has seen.
    pub(crate) fn server_clock(&self) -> &str {
        &self.server_clock
    }

    /// Takes it that the device has seen what another one of its user had seen at `server_clock`.
    pub(crate) fn see(&mut self, server_clock: &str) {
        server_clock.clone_into(&mut self.server_clock);
    }

    /// New documents, which it does not keep unless they are put into [`Self::documents`].
    pub(crate) fn create(&mut self, count: usize) -> Result<Vec<Document>, BenchError> {
        let stamp = self.stamp()?;
        let documents = (0..count).map(|_| {
            self.created += 1;
            Document::new(format!("{}-{}", self.keys, self.created), &stamp)
        });
        Ok(documents.collect())
    }

    /// Edits some of its documents, each in its turn.
    pub(crate) fn edit(&mut self, count: usize) -> Result<Vec<Document>, BenchError> {
        let stamp = self.stamp()?;
        let mut edited = Vec::with_capacity(count);
        for _ in 0..count {
            let index = self.edited % self.documents.len().max(1);
            self.edited += 1;
            if let Some(document) = self.documents.get_mut(index) {
                document.edit(&stamp);
                edited.push(document.clone());
            }
        }
        Ok(edited)
    }

    /// A sync with this body.
    pub(crate) fn call<'a>(&'a self, body: &'a str) -> Call<'a> {
        Call::sync(&self.token, body).in_organisation(self.organisation.as_deref())
    }

    /// The body of a request that pushes `documents`.
    pub(crate) fn request(&self, documents: &[Document]) -> String {
        let Self {
            collection,
            node,
            server_clock,
            ..
        } = self;
        let node = node.as_str();
        let changes: Vec<_> = documents
            .iter()
            .map(|document| self.change(document))
            .collect();
        let changes = changes.join(",");
        let limit = self.limit.map(|limit| format!("\"limit\":{limit},"));
        let limit = limit.unwrap_or_default();
        format!(
            "{{\"protocol\":2,\"collection\":\"{collection}\",\"node\":\"{node}\",{limit}\
             \"clientClock\":\"{server_clock}\",\"changes\":[{changes}],\"echo\":false,\
             \"partial\":true}}"
        )
    }

    fn change(&self, document: &Document) -> String {
        let owner = self
            .owner
            .as_ref()
            .map(|owner| format!(",\"owner\":\"{owner}\""));
        let after = self
            .base
            .as_ref()
            .map(|_| format!(",\"after\":{}", document.after()));
        format!(
            "{{\"key\":\"{}\",\"doc\":{},\"fieldRevs\":{},\"baseClock\":\"{}\"{}{}}}",
            document.key,
            document.content(),
            document.field_revisions(),
            self.base.as_ref().unwrap_or(&self.server_clock),
            owner.unwrap_or_default(),
            after.unwrap_or_default(),
        )
    }

    /// Reads the answer to a push, which must hold what is due.
    pub(crate) fn apply(&mut self, answer: &[u8], due: Due) -> Result<(), BenchError> {
        let read: Answer<'_> = serde_json::from_slice(answer)?;
        let counts = [
            ("accepted", read.accepted.len(), due.accepted),
            ("rejected", read.rejected.len(), Some(0)),
            ("conflicts", read.conflicts.len(), Some(due.conflicts)),
            ("serverChanges", read.server_changes.len(), due.changes),
            ("reset", usize::from(read.reset), Some(0)),
        ];
        for (member, found, expected) in counts {
            if let Some(expected) = expected.filter(|expected| found != *expected) {
                let text: String = String::from_utf8_lossy(answer).chars().take(600).collect();
                return Err(format!(
                    "the server answered with {found} {member} where {expected} were due: {text}"
                )
                .into());
            }
        }
        read.server_clock.clone_into(&mut self.server_clock);
        Ok(())
    }

    /// Reads the answer to a pull, and gives how many documents it brought.
    pub(crate) fn pull(&mut self, answer: &[u8]) -> Result<usize, BenchError> {
        let read: Answer<'_> = serde_json::from_slice(answer)?;
        read.server_clock.clone_into(&mut self.server_clock);
        Ok(read.server_changes.len())
    }

    fn stamp(&mut self) -> Result<Hlc, BenchError> {
        self.clock = self.clock.tick(clock::now())?;
        Ok(self.clock.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Device, Due};

    fn device() -> Device {
        Device::new("token".to_owned(), "device-1", "documents").unwrap()
    }

    #[test]
    fn a_request_is_json_with_every_document() {
        let mut device = device();
        let documents = device.create(2).unwrap();
        let request: Value = serde_json::from_str(&device.request(&documents)).unwrap();
        assert_eq!(request["changes"][0]["key"], json!("document-1"));
        assert_eq!(request["changes"][1]["key"], json!("document-2"));
        assert_eq!(request["changes"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn edits_go_round_the_documents() {
        let mut device = device();
        device.documents = device.create(3).unwrap();
        let keys = |documents: Vec<super::Document>| {
            documents
                .into_iter()
                .map(|document| document.key)
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(device.edit(2).unwrap()), ["document-1", "document-2"]);
        assert_eq!(keys(device.edit(2).unwrap()), ["document-3", "document-1"]);
    }

    #[test]
    fn an_answer_that_stores_less_is_an_error() {
        let mut device = device();
        let answer = br#"{"serverClock":"later","serverChanges":[],"conflicts":[],"accepted":[]}"#;
        assert!(
            device
                .apply(answer, Due::stored(1))
                .unwrap_err()
                .to_string()
                .contains("0 accepted")
        );
        device.apply(answer, Due::stored(0)).unwrap();
        assert_eq!(device.server_clock(), "later");
    }
}
