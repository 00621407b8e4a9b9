//! What was asked and answered.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use syncline_domain::{access::Namespace, identifier::OrganisationId};
use tokio::time::Instant;

use super::http::Request;
use crate::{
    clients::Id,
    faults::model::{Name, user_id},
    simulation::ledger::{Token, tokens},
};

/// A request, and what a server answered.
#[derive(Debug)]
pub(in crate::faults) struct Exchange {
    pub(in crate::faults) number: u64,
    pub(in crate::faults) path: String,
    pub(in crate::faults) user: String,
    /// The device, or else the user.
    pub(in crate::faults) sender: String,
    pub(in crate::faults) organisation: Option<String>,
    pub(in crate::faults) start: Instant,
    pub(in crate::faults) end: Instant,
    pub(in crate::faults) status: u16,
    pub(in crate::faults) answer: Value,
    /// Whether the client got all of it.
    pub(in crate::faults) is_delivered: bool,
    /// Whether the network sent it once more, of which the client knows nothing.
    pub(in crate::faults) is_copy: bool,
    /// The clock that the client had from a server.
    pub(in crate::faults) clock: Option<String>,
    /// The values in documents that were pushed as if for the first time.
    pub(in crate::faults) new: Vec<Token>,
    /// The documents that were pushed, and the newest revision of each.
    pub(in crate::faults) pushed: BTreeMap<Id, String>,
}

impl Exchange {
    pub(super) fn new(
        number: u64,
        request: &Request,
        start: Instant,
        status: u16,
        answer: Value,
    ) -> Self {
        Self {
            number,
            path: request.path.clone(),
            user: user(request),
            sender: sender(request),
            organisation: request.header("x-org-id").map(str::to_owned),
            start,
            end: Instant::now(),
            status,
            answer,
            is_delivered: false,
            is_copy: request.is_copy,
            clock: clock(request),
            new: new(request),
            pushed: pushed(request),
        }
    }

    /// The document of which a version was to be restored, if that was asked for.
    pub(in crate::faults) fn restored(&self) -> Option<Name> {
        let (name, behind) = self.document()?;
        (behind == "/restore").then_some(name)
    }

    /// The document that was asked for by itself, and what stands behind it in the path.
    pub(in crate::faults) fn document(&self) -> Option<(Name, &str)> {
        let (_, path) = self.path.split_once("/documents/")?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (key, behind) = path.split_at(path.find('/').unwrap_or(path.len()));
        let owner = query.strip_prefix("owner=").map(str::to_owned);
        Some((self.name(&(owner, key.to_owned()))?, behind))
    }

    /// The document that the user, or somebody in the organisation, calls so.
    pub(in crate::faults) fn name(&self, (owner, key): &Id) -> Option<Name> {
        let namespace = match (&self.organisation, owner) {
            (Some(organisation), _) => {
                Namespace::Organisation(OrganisationId::new(organisation).ok()?)
            }
            (None, owner) => Namespace::Personal(user_id(owner.as_ref().unwrap_or(&self.user))),
        };
        let key = key.clone();
        Some(Name { namespace, key })
    }

    /// Whether the client said which device it is.
    pub(in crate::faults) fn is_of_device(&self) -> bool {
        self.sender != self.user
    }

    /// Whether the client was told that its clock counts as none.
    pub(in crate::faults) fn is_reset(&self) -> bool {
        self.answer["reset"] == true
    }
}

/// The device, or else the user.
pub(super) fn sender(request: &Request) -> String {
    node(request).unwrap_or_else(|| user(request))
}

/// Whose session it is.
pub(super) fn user(request: &Request) -> String {
    let token = request.header("authorization").unwrap_or_default();
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    let payload: Value = serde_json::from_slice(&payload).unwrap_or_default();
    payload["sub"].as_str().unwrap_or_default().to_owned()
}

fn node(request: &Request) -> Option<String> {
    Some(request.json()["node"].as_str()?.to_owned())
}

/// The values in what a request pushes as new, and not as perhaps pushed before.
fn new(request: &Request) -> Vec<Token> {
    let body = request.json();
    let changes = body["changes"].as_array().into_iter().flatten();
    let new = changes.filter(|change| change["baseClock"].is_null() && change["after"].is_null());
    new.flat_map(|change| tokens(&change["doc"])).collect()
}

/// All values that a request pushes.
pub(super) fn pushed_values(request: &Request) -> Vec<Token> {
    let body = request.json();
    let changes = body["changes"].as_array().into_iter().flatten();
    changes.flat_map(|change| tokens(&change["doc"])).collect()
}

/// The clock of a server's that a request has.
fn clock(request: &Request) -> Option<String> {
    let body = request.json();
    let clock = body["clientClock"].as_str()?;
    clock.contains("server~").then(|| clock.to_owned())
}

/// The documents that a request pushes, and the newest revision of each.
fn pushed(request: &Request) -> BTreeMap<Id, String> {
    let body = request.json();
    let changes = body["changes"].as_array().into_iter().flatten();
    let pushed = changes.filter_map(|change| {
        let revisions = change["fieldRevs"].as_object()?.values();
        let newest = revisions.filter_map(Value::as_str).max()?;
        Some((id(change)?, newest.to_owned()))
    });
    pushed.collect()
}

/// The document that a change or a part of an answer is about.
pub(in crate::faults) fn id(about: &Value) -> Option<Id> {
    let owner = about["owner"].as_str().map(str::to_owned);
    Some((owner, about["key"].as_str()?.to_owned()))
}
