//! A device: the requests that it sends, and what it expects to be answered.

use serde::{Deserialize, de::IgnoredAny};
use syncline_domain::hlc::{Hlc, Node};

use crate::{BenchError, clock, document::Document};

/// A device of a user.
#[derive(Debug)]
pub(crate) struct Device {
    /// The user's session token.
    pub token: String,
    node: Node,
    collection: &'static str,
    clock: Hlc,
    server_clock: String,
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

impl Device {
    /// A device that has seen nothing of `collection` yet.
    pub(crate) fn new(
        token: String,
        name: &str,
        collection: &'static str,
    ) -> Result<Self, BenchError> {
        let node = Node::new(name)?;
        Ok(Self {
            token,
            clock: Hlc::zero().with_node(node.clone()),
            node,
            collection,
            server_clock: Hlc::zero().to_string(),
            created: 0,
            edited: 0,
            documents: Vec::new(),
        })
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
            Document::new(format!("document-{}", self.created), &stamp)
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
            .map(|document| {
                format!(
                    "{{\"key\":\"{}\",\"doc\":{},\"fieldRevs\":{},\"baseClock\":\"{server_clock}\"}}",
                    document.key,
                    document.content(),
                    document.field_revisions(),
                )
            })
            .collect();
        let changes = changes.join(",");
        format!(
            "{{\"protocol\":2,\"collection\":\"{collection}\",\"node\":\"{node}\",\
             \"clientClock\":\"{server_clock}\",\"changes\":[{changes}],\"echo\":false,\
             \"partial\":true}}"
        )
    }

    /// Reads the answer to a push of so many documents, every one of which must be stored as it
    /// is; nothing new comes with it.
    pub(crate) fn apply(&mut self, answer: &[u8], pushed: usize) -> Result<(), BenchError> {
        let read: Answer<'_> = serde_json::from_slice(answer)?;
        let counts = [
            ("accepted", read.accepted.len(), pushed),
            ("rejected", read.rejected.len(), 0),
            ("conflicts", read.conflicts.len(), 0),
            ("serverChanges", read.server_changes.len(), 0),
            ("reset", usize::from(read.reset), 0),
        ];
        for (member, found, expected) in counts {
            if found != expected {
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

    use super::Device;

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
                .apply(answer, 1)
                .unwrap_err()
                .to_string()
                .contains("0 accepted")
        );
        device.apply(answer, 0).unwrap();
        assert_eq!(device.server_clock(), "later");
    }
}
