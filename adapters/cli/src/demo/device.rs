//! A device of the demonstration.

use serde_json::Value;
use syncline_client::{
    Applied, ClientError, CollectionName, Document, DocumentId, HttpTransport, Node, SyncClient,
    TransportError, UnixMillis, sync,
};
use syncline_domain::hlc::HlcError;

use super::{DemoError, stage::Stage};

/// The collection that the demonstration uses, in every application.
const COLLECTION: &str = "tasks";

/// A device: its name, its documents, and its way to the server.
pub(super) struct Device {
    pub(super) name: &'static str,
    client: SyncClient,
    transport: HttpTransport,
}

impl Device {
    /// A new device with the session `token`, for one application.
    pub(super) fn new(
        name: &'static str,
        stage: &Stage,
        application: &str,
        token: &str,
    ) -> Result<Self, DemoError> {
        Self::within(name, stage, application, token, None)
    }

    /// A new device with the session `token`, for the documents of an organisation.
    pub(super) fn in_organisation(
        name: &'static str,
        stage: &Stage,
        application: &str,
        token: &str,
        organisation: &str,
    ) -> Result<Self, DemoError> {
        Self::within(name, stage, application, token, Some(organisation))
    }

    fn within(
        name: &'static str,
        stage: &Stage,
        application: &str,
        token: &str,
        organisation: Option<&str>,
    ) -> Result<Self, DemoError> {
        let node = Node::new(&format!("demo-{name}-{application}-{}", stage.run));
        let node = node.map_err(|rule: HlcError| ClientError::Clock(rule))?;
        let client = SyncClient::new(CollectionName::new(COLLECTION)?, node);
        let transport = HttpTransport::new(&stage.url, application, token, organisation)?;
        Ok(Self {
            name,
            client,
            transport,
        })
    }

    pub(super) fn get(&self, id: &DocumentId) -> Option<Document> {
        self.client.get(id)
    }

    /// The text of a field; empty if there is none.
    pub(super) fn text(&self, id: &DocumentId, field: &str) -> String {
        let content = self.get(id).unwrap_or_default();
        content
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// How many documents wait to be pushed.
    pub(super) fn waiting(&self) -> usize {
        self.client.pending().count()
    }

    /// The rules that a document broke, which the server therefore did not store.
    pub(super) fn rejections(&self, id: &DocumentId) -> Vec<String> {
        let rejected = self
            .client
            .rejected()
            .filter(|(rejected, _)| *rejected == id);
        rejected
            .flat_map(|(_, rejection)| &rejection.details)
            .map(|detail| detail.message.clone())
            .collect()
    }

    /// Makes `content` the document, with or without a network.
    pub(super) fn edit(
        &mut self,
        id: &DocumentId,
        content: &Document,
        now: UnixMillis,
    ) -> Result<(), DemoError> {
        self.client.edit(id, content, now)?;
        Ok(())
    }

    /// Sets one field, and creates the document if there is none.
    pub(super) fn set(
        &mut self,
        id: &DocumentId,
        field: &str,
        value: impl Into<Value>,
        now: UnixMillis,
    ) -> Result<(), DemoError> {
        let mut content = self.get(id).unwrap_or_default();
        content.insert(field.to_owned(), value.into());
        self.edit(id, &content, now)
    }

    pub(super) fn delete(&mut self, id: &DocumentId, now: UnixMillis) -> Result<(), DemoError> {
        self.client.delete(id, now)?;
        Ok(())
    }

    /// Pushes and pulls until nothing is waiting on either side.
    pub(super) async fn sync(&mut self, now: UnixMillis) -> Result<Applied, DemoError> {
        Ok(sync(&mut self.client, &self.transport, now).await?)
    }

    /// Syncs, but the answer never arrives.
    pub(super) async fn sync_without_an_answer(&mut self) -> Result<(), DemoError> {
        let request = self.client.begin_sync()?;
        self.transport.send(&request).await?;
        self.client.abandon();
        Ok(())
    }

    /// Syncs as a client that wants all of its changes stored, or none.
    pub(super) async fn sync_all_or_nothing(
        &mut self,
    ) -> Result<Option<TransportError>, DemoError> {
        let mut request = self.client.begin_sync()?;
        request.partial = false;
        let refusal = self.transport.send(&request).await.err();
        self.client.refuse();
        Ok(refusal)
    }
}
