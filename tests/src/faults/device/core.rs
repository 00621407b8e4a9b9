use serde_json::Value;
use syncline_client::{
    CollectionName, DocumentId, HttpTransport, Node, Snapshot, SyncClient, SyncError,
    SyncInterrupted, UnixMillis, sync,
};

use crate::{
    clients::{Id, Place, Trouble, View, document_id, trouble},
    replica::now,
};

/// The core of the Rust client, in this process.
pub(super) struct Core {
    client: SyncClient,
    transport: HttpTransport,
    pub(super) heard: Vec<Value>,
}

impl Core {
    pub(super) fn new(name: &str, place: &Place) -> Self {
        let collection = CollectionName::new(&place.collection).expect("it is a name");
        let node = Node::new(name).expect("a device's name is a node");
        let organisation = place.organisation.as_deref();
        let transport = HttpTransport::new(&place.url, "todo", &place.token, organisation);
        Self {
            client: SyncClient::new(collection, node).with_page_size(Some(place.page)),
            transport: transport.expect("the network has a URL"),
            heard: Vec::new(),
        }
    }

    pub(super) fn view(&self) -> View {
        let documents = self.client.documents();
        View {
            documents: documents
                .map(|(id, document)| (plain(id), (document, self.client.access(id))))
                .collect(),
            unsent: self.client.pending().count(),
            rejected: self.client.rejected().map(|(id, _)| plain(id)).collect(),
        }
    }

    pub(super) fn edit(&mut self, id: &Id, new: &Value, offset: i64) -> Result<bool, Trouble> {
        let (id, now) = (document_id(id), now_with(offset));
        let edited = match new {
            Value::Object(content) => self.client.edit(&id, content, now),
            _ => self.client.delete(&id, now),
        };
        edited.map_err(|error| Trouble::Wrong(error.to_string()))
    }

    pub(super) async fn sync(&mut self, offset: i64) -> Result<(), Trouble> {
        let result = sync(&mut self.client, &self.transport, now_with(offset)).await;
        let (applied, result) = match result {
            Ok(applied) => (applied, Ok(())),
            Err(SyncInterrupted { error, applied }) => (*applied, Err(error)),
        };
        let heard = applied.conflicts.iter().map(serde_json::to_value);
        self.heard
            .extend(heard.map(|report| report.expect("a report is JSON")));
        result.map_err(|error| match error {
            SyncError::Transport(error) => trouble(&error),
            SyncError::Client(error) => Trouble::Wrong(error.to_string()),
        })
    }

    pub(super) fn retry(&mut self, id: &Id) {
        self.client.retry(&document_id(id));
    }

    pub(super) fn prune(&mut self) {
        self.client.prune();
    }

    pub(super) fn restart(&mut self, place: &Place) {
        let kept = serde_json::to_string(&self.client.snapshot()).expect("a snapshot is JSON");
        let kept: Snapshot = serde_json::from_str(&kept).expect("a snapshot is read back");
        let client = SyncClient::restore(kept).expect("it is of this version");
        self.client = client.with_page_size(Some(place.page));
    }
}

fn now_with(offset: i64) -> UnixMillis {
    UnixMillis(now().0.saturating_add_signed(offset))
}

fn plain(id: &DocumentId) -> Id {
    let owner = id.owner.as_ref().map(|owner| owner.as_str().to_owned());
    (owner, id.key.as_str().to_owned())
}
