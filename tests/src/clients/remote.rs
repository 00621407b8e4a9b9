use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Child, Id, Place, Trouble, View};

/// A client in a process of its own.
pub struct Remote {
    name: String,
    child: Child,
    /// `core` or `store`.
    kind: String,
    folder: TempDir,
}

impl Remote {
    /// A client of this kind, `core` or `store`, which is in the process once it is opened.
    #[must_use]
    pub fn new(name: &str, child: Child, kind: &str) -> Self {
        Self {
            name: name.to_owned(),
            child,
            kind: kind.to_owned(),
            folder: tempfile::tempdir().expect("there is a temporary folder"),
        }
    }

    /// Whether it synchronises of its own accord, and keeps what it has in a file.
    #[must_use]
    pub fn is_store(&self) -> bool {
        self.kind == "store"
    }

    /// Begins, or begins again from what it kept.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn open(&self, place: &Place, offset: i64) -> Result<(), Trouble> {
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

    /// What it shows.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn view(&self) -> Result<View, Trouble> {
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

    /// Makes `new` of `old`. Of null, that is whatever is there. Returns whether anything was done.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn edit(&self, id: &Id, old: &Value, new: &Value) -> Result<bool, Trouble> {
        let mut edit = naming("edit", id);
        edit["old"] = old.clone();
        edit["new"] = new.clone();
        Ok(self.tell(edit).await? == true)
    }

    /// Synchronises until nothing is waiting on either side.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn sync(&self) -> Result<(), Trouble> {
        self.tell(json!({ "do": "sync" })).await.map(drop)
    }

    /// Sends again what the server rejected.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn retry(&self, id: &Id) -> Result<(), Trouble> {
        self.tell(naming("retry", id)).await.map(drop)
    }

    /// Forgets what the server gave, if it is a core.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn prune(&self) -> Result<(), Trouble> {
        self.tell(json!({ "do": "prune" })).await.map(drop)
    }

    /// Its clock jumps.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn jump(&self, offset: i64) -> Result<(), Trouble> {
        let jump = json!({ "do": "jump", "offset": offset });
        self.tell(jump).await.map(drop)
    }

    /// Ends it; what it kept is there when it is opened again.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn close(&self) -> Result<(), Trouble> {
        self.tell(json!({ "do": "close" })).await.map(drop)
    }

    /// The reports of conflicts that it heard since this was asked last.
    #[must_use]
    pub fn heard(&self) -> Vec<Value> {
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
