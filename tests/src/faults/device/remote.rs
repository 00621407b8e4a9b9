use serde_json::{Value, json};
use tempfile::TempDir;

use super::{super::child::Child, Id, Place, Trouble, View};

/// A client in a process of its own.
pub(super) struct Remote {
    name: String,
    child: Child,
    /// `core` or `store`.
    kind: String,
    folder: TempDir,
}

impl Remote {
    pub(super) fn new(name: &str, child: Child, kind: &str) -> Self {
        Self {
            name: name.to_owned(),
            child,
            kind: kind.to_owned(),
            folder: tempfile::tempdir().expect("there is a temporary folder"),
        }
    }

    pub(super) fn is_store(&self) -> bool {
        self.kind == "store"
    }

    pub(super) async fn open(&self, place: &Place, offset: i64) -> Result<(), Trouble> {
        let mut open = json!({
            "do": "open", "kind": self.kind, "offset": offset,
            "url": place.url, "token": place.token, "collection": place.collection,
            "page": place.page, "path": self.folder.path().join("store"),
        });
        if let Some(organisation) = &place.organisation {
            open["organisation"] = organisation.as_str().into();
        }
        self.tell(open).await.map(drop)
    }

    pub(super) async fn view(&self) -> Result<View, Trouble> {
        let view = self.tell(json!({ "do": "view" })).await?;
        let documents = list(&view["documents"]).map(|found| {
            let doc = found["doc"].as_object().expect("a document").clone();
            let access = serde_json::from_value(found["access"].clone()).expect("an access");
            (id(found), (doc, access))
        });
        let unsent = view["unsent"].as_u64().expect("a number");
        Ok(View {
            documents: documents.collect(),
            unsent: usize::try_from(unsent).expect("a small number"),
            rejected: list(&view["rejected"]).map(id).collect(),
        })
    }

    pub(super) async fn edit(&self, id: &Id, old: &Value, new: &Value) -> Result<bool, Trouble> {
        let mut edit = naming("edit", id);
        edit["old"] = old.clone();
        edit["new"] = new.clone();
        Ok(self.tell(edit).await? == true)
    }

    pub(super) async fn sync(&self) -> Result<(), Trouble> {
        self.tell(json!({ "do": "sync" })).await.map(drop)
    }

    pub(super) async fn retry(&self, id: &Id) -> Result<(), Trouble> {
        self.tell(naming("retry", id)).await.map(drop)
    }

    pub(super) async fn jump(&self, offset: i64) -> Result<(), Trouble> {
        let jump = json!({ "do": "jump", "offset": offset });
        self.tell(jump).await.map(drop)
    }

    pub(super) async fn close(&self) -> Result<(), Trouble> {
        self.tell(json!({ "do": "close" })).await.map(drop)
    }

    pub(super) fn heard(&self) -> Vec<Value> {
        self.child.heard(&self.name)
    }

    async fn tell(&self, what: Value) -> Result<Value, Trouble> {
        self.child.tell(&self.name, what).await
    }
}

fn naming(what: &str, (owner, key): &Id) -> Value {
    let mut named = json!({ "do": what, "key": key });
    if let Some(owner) = owner {
        named["owner"] = owner.as_str().into();
    }
    named
}

fn id(named: &Value) -> Id {
    let owner = named["owner"].as_str().map(str::to_owned);
    (owner, named["key"].as_str().expect("a key").to_owned())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
