//! A user's device that keeps what it is told, of its own documents and those of others.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_tests::{
    Answer, TestServer,
    replica::{change, stamp},
    server::answer,
};

pub(crate) const COLLECTION: &str = "notes";

/// A document of another is known by its owner and its key.
pub(crate) type Id = (Option<String>, String);

pub(crate) struct Reader<'s> {
    server: &'s TestServer,
    pub(crate) user: &'static str,
    limit: Option<u32>,
    clock: Option<Value>,
    pub(crate) documents: BTreeMap<Id, Value>,
    /// What the last pull said, before it was taken in.
    pub(crate) told: Vec<Value>,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(server: &'s TestServer, user: &'static str) -> Self {
        Self {
            server,
            user,
            limit: None,
            clock: None,
            documents: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    /// The same, which takes at most so many documents in an answer.
    pub(crate) fn paged(server: &'s TestServer, user: &'static str, limit: u32) -> Self {
        Self {
            limit: Some(limit),
            ..Self::new(server, user)
        }
    }

    /// Pulls until nothing is waiting.
    pub(crate) async fn pull(&mut self) {
        self.push(&[]).await;
    }

    /// Pushes, takes nothing but success, and pulls until nothing is waiting.
    pub(crate) async fn push(&mut self, changes: &[Value]) -> Value {
        let body = self.body(changes);
        let first = self.server.sync(self.user, body).await;
        self.told.clear();
        let mut has_more = self.take(&first);
        while has_more {
            let body = self.body(&[]);
            let next = self.server.sync(self.user, body).await;
            has_more = self.take(&next);
        }
        first
    }

    /// Pushes and returns the answer, whatever it is.
    pub(crate) async fn try_push(&mut self, changes: &[Value]) -> Answer {
        let body = self.body(changes);
        self.server.post_sync(self.user, "todo", &body).await
    }

    /// A change to a document, made from what this device has seen.
    pub(crate) fn edit(&self, owner: Option<&str>, key: &str, document: &Value) -> Value {
        let mut change = change(key, document, &stamp(self.user, 0));
        if let Some(owner) = owner {
            change["owner"] = owner.into();
        }
        if let Some(clock) = &self.clock {
            change["baseClock"] = clock.clone();
        }
        change
    }

    /// The document of `owner`, as far as this device knows.
    pub(crate) fn of(&self, owner: &str, key: &str) -> Option<&Value> {
        self.documents
            .get(&(Some(owner.to_owned()), key.to_owned()))
    }

    /// Takes in the answer to a pull that says which device it is.
    pub(crate) async fn hear(&mut self) -> Value {
        let answer = self.as_device().await;
        self.take(&answer);
        answer
    }

    /// The answer to a pull that says which device it is: its node is the user's name.
    pub(crate) async fn as_device(&self) -> Value {
        self.as_device_named(self.user).await
    }

    pub(crate) async fn as_device_named(&self, node: &str) -> Value {
        let mut body = self.body(&[]);
        body["node"] = node.into();
        self.server.sync(self.user, body).await
    }

    /// What a search for everything finds, on all its pages, each document once.
    pub(crate) async fn search(&self) -> BTreeMap<Id, Value> {
        let mut all = BTreeMap::new();
        let limit = self.limit.unwrap_or(500);
        let mut body = json!({ "collection": COLLECTION, "limit": limit });
        loop {
            let found = send(self.server, self.user, Method::POST, "/todo/search", &body).await;
            assert_eq!(found.status, StatusCode::OK, "{}", found.body);
            for state in found.body["results"].as_array().expect("a list") {
                let earlier = all.insert(id(state), fields(state));
                assert_eq!(earlier, None, "found twice: {state}");
            }
            body["cursor"] = found.body["nextCursor"].clone();
            if body["cursor"].is_null() {
                return all;
            }
        }
    }

    pub(crate) fn body(&self, changes: &[Value]) -> Value {
        let mut body = json!({ "collection": COLLECTION, "protocol": 2, "changes": changes });
        if let Some(clock) = &self.clock {
            body["clientClock"] = clock.clone();
        }
        if let Some(limit) = self.limit {
            body["limit"] = limit.into();
        }
        body
    }

    /// Takes in an answer. Returns whether there is more.
    pub(crate) fn take(&mut self, answer: &Value) -> bool {
        for state in answer["serverChanges"].as_array().expect("a list") {
            let id = id(state);
            if state["_deleted"] == true || state["_removed"] == true {
                self.documents.remove(&id);
            } else {
                self.documents.insert(id, fields(state));
            }
            self.told.push(state.clone());
        }
        self.clock = Some(answer["serverClock"].clone());
        answer["hasMore"] == true
    }
}

fn id(state: &Value) -> Id {
    let text = |member: &str| state[member].as_str().map(str::to_owned);
    (text("_owner"), text("_key").expect("every state has a key"))
}

/// The application's fields, and what the reader may do with another's document.
pub(crate) fn fields(state: &Value) -> Value {
    let mut fields = state.as_object().expect("a document is an object").clone();
    fields.retain(|name, _| !name.starts_with('_') || name == "_access");
    Value::Object(fields)
}

/// Sends a request of a user; a body of null is none.
pub(crate) async fn send(
    server: &TestServer,
    user: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> Answer {
    let request = server.request(method, path).bearer_auth(server.token(user));
    answer(if body.is_null() {
        request
    } else {
        request.json(body)
    })
    .await
}

/// Changes the entry of a document and takes nothing but success.
pub(crate) async fn patch(server: &TestServer, user: &str, key: &str, change: Value) -> Value {
    let path = format!("/docIndex/todo/{key}?collection={COLLECTION}");
    let answer = send(server, user, Method::PATCH, &path, &change).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

/// Founds an organisation with these members.
pub(crate) async fn found(server: &TestServer, admin: &str, members: &[&str]) -> String {
    let name = json!({ "name": format!("the club of {admin}") });
    let founded = send(server, admin, Method::POST, "/orgs", &name).await;
    let id = founded.body["orgId"].as_str().expect("an id").to_owned();
    for member in members {
        join(server, admin, &id, member).await;
    }
    id
}

/// Makes a user a member.
pub(crate) async fn join(server: &TestServer, admin: &str, organisation: &str, member: &str) {
    let path = format!("/orgs/{organisation}/members");
    let added = send(
        server,
        admin,
        Method::POST,
        &path,
        &json!({ "userId": member }),
    )
    .await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
}

/// Ends a membership.
pub(crate) async fn leave(server: &TestServer, organisation: &str, member: &str) {
    let path = format!("/orgs/{organisation}/members/{member}");
    let left = send(server, member, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(left.status, StatusCode::NO_CONTENT, "{}", left.body);
}
