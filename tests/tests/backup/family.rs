//! A user, another with whom some documents are shared, and the devices of both.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    Replica, TestServer,
    clients::{Child, Id, View},
    replica::{change, deletion, stamp},
    server::answer,
};

use crate::device::Device;

pub(crate) const COLLECTION: &str = "notes";

/// What the backup has.
const BEFORE: [&str; 7] = ["1", "2", "3", "4", "5", "dropped", "finished"];

/// What the other user could see for a while, and what could be done with it.
const SHARED: [(&str, &str); 3] = [("3", "read"), ("4", "write"), ("5", "write")];

/// What was taken back of that, still before the backup.
const TAKEN_BACK: [&str; 2] = ["3", "4"];

pub(crate) struct Family {
    owner: &'static str,
    reader: &'static str,
    /// It had seen everything.
    whole: Replica,
    /// It was in the midst of a paged pull.
    paged: Replica,
    /// It pushed documents after the backup, and has edits that it has yet to push.
    phone: Device,
    /// It has a document that was deleted so long ago that nobody else knows of it.
    tablet: Device,
    /// The other user's: it has documents that it may no longer see, has not heard of that, and has
    /// edited one of them.
    desk: Device,
    /// The other user's: it alone knows of a change that it pushed after the backup.
    pad: Device,
}

impl Family {
    /// A family whose devices all have the client that is in `program`.
    pub(crate) async fn new(owner: &'static str, reader: &'static str, program: &Child) -> Self {
        Self {
            owner,
            reader,
            whole: Replica::new(COLLECTION),
            paged: Replica::paged(COLLECTION, 1),
            phone: Device::new(owner, "phone", program).await,
            tablet: Device::new(owner, "tablet", program).await,
            desk: Device::new(reader, "desk", program).await,
            pad: Device::new(reader, "pad", program).await,
        }
    }

    /// A document is deleted that the tablet has.
    pub(crate) async fn long_ago(&mut self, server: &TestServer) {
        self.push(server, "gone", 0).await;
        self.tablet.sync(server).await;
        let deletion = deletion("gone", &stamp("laptop", 1));
        self.whole.sync(server, self.owner, &[deletion]).await;
    }

    /// What the backup has.
    pub(crate) async fn before(&mut self, server: &TestServer) {
        for key in BEFORE {
            self.push(server, key, 2).await;
        }
        for (key, access) in SHARED {
            let reader = json!({ "userId": self.reader, "access": access });
            self.share(server, key, &json!({ "sharedWith": [reader] }))
                .await;
        }
        for device in [&self.desk, &self.pad] {
            device.sync(server).await;
            let shown = shown(&device.view(server).await);
            assert_eq!(shown.len(), SHARED.len());
        }
        for key in TAKEN_BACK {
            self.share(server, key, &json!({ "visibility": "private" }))
                .await;
        }
        self.phone.sync(server).await;
        let page = server.sync(self.owner, self.paged.body(&[])).await;
        assert!(self.paged.apply(&page, &[]));
    }

    /// What the backup lacks.
    pub(crate) async fn later(&mut self, server: &TestServer) {
        let pushed = [
            own("late", json!({ "title": "pushed after the backup" })),
            own("1", json!({ "title": "changed after the backup" })),
            own("draft", json!({ "title": "was not there for long" })),
        ];
        self.phone.edit(server, &pushed).await;
        self.phone.sync(server).await;
        self.phone.edit(server, &[own("draft", Value::Null)]).await;
        let deletion = deletion("dropped", &stamp("laptop", 3));
        self.whole.sync(server, self.owner, &[deletion]).await;
        self.phone.sync(server).await;
        let changed = json!({ "title": "changed by the other after the backup" });
        self.pad
            .edit(server, &[(of(self.owner, "5"), changed)])
            .await;
        self.pad.sync(server).await;
        self.phone.edit(server, &pending()).await;
        let edited = json!({ "title": "4", "more": "can no longer be pushed" });
        self.desk
            .edit(server, &[(of(self.owner, "4"), edited)])
            .await;
    }

    /// What must hold when the database is as of the backup.
    pub(crate) async fn after(self, server: &TestServer) {
        self.phone_has_its_edits(server).await;
        let answer = server.sync(self.owner, self.whole.body(&[])).await;
        assert_eq!(answer["reset"], true, "{answer}");
        let heal_from = answer["healFrom"].as_str().unwrap();
        assert!(heal_from < self.whole.clock().as_str().unwrap());
        let mut fresh = fresh(server, self.owner).await;
        assert_eq!(fresh.documents().keys().collect::<Vec<_>>(), BEFORE);
        for mut replica in [self.whole, self.paged] {
            replica.sync(server, self.owner, &[]).await;
            assert_eq!(
                (replica.resets, replica.documents()),
                (1, fresh.documents())
            );
            nothing_more(server, self.owner, &replica).await;
        }
        nothing_more(server, self.owner, &fresh).await;
        let mut others = self::fresh(server, self.reader).await;
        nothing_more(server, self.reader, &others).await;
        for _ in 0..2 {
            for device in [&self.phone, &self.tablet, &self.desk, &self.pad] {
                device.sync(server).await;
            }
        }
        fresh.sync(server, self.owner, &[]).await;
        assert_eq!(*fresh.documents(), healed());
        for device in [&self.phone, &self.tablet] {
            let view = device.view(server).await;
            assert_eq!((view.unsent, view.rejected.len()), (0, 0));
            assert_eq!(shown(&view), stored(&fresh, None));
        }
        others.sync(server, self.reader, &[]).await;
        assert_eq!(others.documents().keys().collect::<Vec<_>>(), ["5"]);
        assert_eq!(others.documents()["5"], fresh.documents()["5"]);
        let (desk, pad) = (self.desk.view(server).await, self.pad.view(server).await);
        assert_eq!((pad.unsent, pad.rejected.len()), (0, 0));
        assert_eq!(shown(&pad), stored(&others, Some(self.owner)));
        // Its own edit stays, and nothing else of what it was made to.
        let edited = of(self.owner, "4");
        assert_eq!((desk.unsent, desk.rejected.len()), (1, 1));
        let mut shown = shown(&desk);
        let left = json!({ "more": "can no longer be pushed" });
        assert_eq!(shown.remove(&edited), Some(left));
        assert_eq!(shown, stored(&others, Some(self.owner)));
        nothing_more(server, self.owner, &fresh).await;
        nothing_more(server, self.reader, &others).await;
    }

    /// It was killed with them.
    async fn phone_has_its_edits(&self, server: &TestServer) {
        let view = self.phone.view(server).await;
        let pending = pending();
        assert_eq!(view.unsent, pending.len());
        let shown = shown(&view);
        for (id, document) in pending {
            assert_eq!(*shown.get(&id).unwrap_or(&Value::Null), document, "{id:?}");
        }
    }

    async fn push(&mut self, server: &TestServer, key: &str, sequence: usize) {
        let change = change(key, &json!({ "title": key }), &stamp("laptop", sequence));
        self.whole.sync(server, self.owner, &[change]).await;
    }

    /// Changes who may see a document.
    async fn share(&self, server: &TestServer, key: &str, change: &Value) {
        let path = format!("/docIndex/todo/{key}?collection={COLLECTION}");
        let request = server.request(Method::PATCH, &path);
        let request = request.bearer_auth(server.token(self.owner));
        let shared = answer(request.json(change)).await;
        assert_eq!(shared.status, StatusCode::OK, "{}", shared.body);
    }
}

/// What the phone has yet to push: changes of documents that the backup has, that it lacks, and that
/// no server has heard of, and a deletion.
fn pending() -> [(Id, Value); 4] {
    let more = json!({ "title": "pushed after the backup", "more": "yet to be pushed" });
    [
        own("2", json!({ "title": "yet to be pushed" })),
        own("late", more),
        own("new", json!({ "title": "yet to be pushed" })),
        own("finished", Value::Null),
    ]
}

/// What there is when all devices have synchronised. The deletions after the backup came back as
/// well; what was deleted long ago did not.
fn healed() -> BTreeMap<String, Value> {
    let title = |key: &str, title: &str| (key.to_owned(), json!({ "title": title }));
    let pending = pending().into_iter();
    let pending = pending.filter(|(_, document)| !document.is_null());
    [
        title("1", "changed after the backup"),
        title("3", "3"),
        title("4", "4"),
        title("5", "changed by the other after the backup"),
    ]
    .into_iter()
    .chain(pending.map(|((_, key), document)| (key, document)))
    .collect()
}

pub(crate) fn own(key: &str, document: Value) -> (Id, Value) {
    ((None, key.to_owned()), document)
}

fn of(owner: &str, key: &str) -> Id {
    (Some(owner.to_owned()), key.to_owned())
}

pub(crate) fn shown(view: &View) -> BTreeMap<Id, Value> {
    let documents = view.documents.iter();
    documents
        .map(|(id, (document, _))| (id.clone(), document.clone().into()))
        .collect()
}

/// What the server has, as devices name it.
fn stored(replica: &Replica, owner: Option<&str>) -> BTreeMap<Id, Value> {
    let documents = replica.documents().iter();
    documents
        .map(|(key, document)| ((owner.map(str::to_owned), key.clone()), document.clone()))
        .collect()
}

/// A row that kept its foreign transaction would be sent for ever.
async fn nothing_more(server: &TestServer, user: &str, replica: &Replica) {
    let answer = server.sync(user, replica.body(&[])).await;
    assert_eq!(
        (&answer["serverChanges"], &answer["reset"]),
        (&json!([]), &Value::Null)
    );
}

async fn fresh(server: &TestServer, user: &str) -> Replica {
    let mut fresh = Replica::new(COLLECTION);
    fresh.sync(server, user, &[]).await;
    fresh
}
