//! One run: users and their devices, on a network of their own.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use rand::{RngExt, SeedableRng};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use syncline_domain::{access::Access, identifier::OrganisationId};
use tokio::time::{Instant, sleep};

use super::{
    arena::Arena,
    device::{Device, Id, Place},
    log::Log,
    model::Model,
    network::{Lie, Network, lock},
    past::Past,
};
use crate::{
    clients::{Child, Language},
    server::{client, token},
    simulation::Dice,
};

/// Documents that a user sees, and what the user may do with those of others.
pub(super) type Documents = BTreeMap<Id, (Value, Option<Access>)>;

/// For how long an answer may be away before a run has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// Who leaves for good, if anybody does.
pub(super) const LEAVER: &str = "dan";

/// What may happen in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blows {
    /// Faults of the network, clients that start again, clocks that jump.
    Network,
    /// And servers and clients that are killed.
    Servers,
    /// And a PostgreSQL that is killed.
    Database,
}

/// What all who act in a run share.
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) blows: Blows,
    /// The first founded the organisation. The account of a fourth is deleted before the end.
    pub(super) users: Vec<String>,
    pub(super) collection: String,
    pub(super) network: Network,
    pub(super) past: Arc<Past>,
    /// How many rows were purged.
    pub(super) purged: AtomicU64,
    /// How many versions were taken back.
    pub(super) restored: AtomicU64,
    pub(super) model: Mutex<Model>,
    /// Whoever changes who belongs to the organisation holds it.
    pub(super) admitting: tokio::sync::Mutex<()>,
    pub(super) log: Log,
    client: Client,
}

/// The processes in which clients of both kinds run.
#[derive(Clone)]
pub(super) struct Children {
    pub(super) rust: Child,
    pub(super) typescript: Child,
}

impl Children {
    pub(super) fn new() -> Self {
        Self {
            rust: Child::new(Language::Rust),
            typescript: Child::new(Language::TypeScript),
        }
    }
}

/// Whoever acts in a run, each by chances of its own.
#[derive(Clone, Copy)]
pub(super) enum Actor {
    /// Decides who has which devices.
    Founder,
    Sharer,
    Admin,
    Looker,
    Striker,
    Purger,
    Leaver,
    Linker,
    Restorer,
    Judge,
    /// Writes what devices must hear of.
    Poker,
    Device(u64),
}

impl World {
    /// A world in which nothing has happened but that an organisation was founded.
    pub(super) async fn new(arena: &Arena, blows: Blows, seed: u64, lie: Option<Lie>) -> Self {
        let log = Log::new();
        let mut users: Vec<_> = ["ada", "bob", "cyd"]
            .map(|user| format!("{user}-{blows:?}-{seed}"))
            .into();
        if Dice::seed_from_u64(seed).random_bool(0.4) {
            // No part of the name of another world's.
            users.push(format!("{LEAVER}-{blows:?}-{seed}-"));
        }
        let servers = Arc::clone(&arena.servers);
        let network = Network::new(servers, seed, log.clone(), lie).await;
        let client = client();
        let (url, name) = (network.url(), format!("Club of {}", users[0]));
        let organisation = found(&client, &url, &users[0], &name).await;
        let model = Model::new(seed, organisation, &[&users[0]]);
        Self {
            seed,
            blows,
            collection: format!("notes-{blows:?}-{seed}"),
            users,
            network,
            past: Arc::clone(&arena.past),
            purged: AtomicU64::new(0),
            restored: AtomicU64::new(0),
            model: Mutex::new(model),
            admitting: tokio::sync::Mutex::default(),
            log,
            client,
        }
    }

    /// Chances of their own for somebody who acts in this run.
    pub(super) fn dice(&self, actor: Actor) -> Dice {
        let number = match actor {
            Actor::Founder => 0,
            Actor::Sharer => 1,
            Actor::Admin => 2,
            Actor::Looker => 3,
            Actor::Striker => 4,
            Actor::Purger => 5,
            Actor::Leaver => 6,
            Actor::Linker => 7,
            Actor::Restorer => 8,
            Actor::Judge => 9,
            Actor::Device(number) => 10 + number,
            Actor::Poker => 100,
        };
        Dice::seed_from_u64(self.seed.wrapping_mul(1_000).wrapping_add(number))
    }

    /// The devices of the run.
    pub(super) fn devices(&self, children: &Children) -> Vec<Device> {
        let dice = &mut self.dice(Actor::Founder);
        let count = dice.random_range(4..=6);
        let mut devices = Vec::new();
        for number in 0..count {
            let user = match number {
                0 | 1 => &self.users[0],
                2 => &self.users[1],
                _ => &self.users[dice.random_range(0..3)],
            };
            devices.push(self.device(number, user, children, dice));
        }
        if let Some(user) = self.users.get(3) {
            for number in count..count + dice.random_range(1..=2) {
                devices.push(self.device(number, user, children, dice));
            }
        }
        devices
    }

    /// The users whose accounts were not deleted.
    pub(super) fn present(&self) -> Vec<String> {
        let model = lock(&self.model);
        let users = self.users.iter().filter(|user| !model.is_gone(user));
        users.cloned().collect()
    }

    fn device(&self, number: usize, user: &str, children: &Children, dice: &mut Dice) -> Device {
        let name = format!("device-{number}-{}", self.seed);
        let organisation = lock(&self.model).organisation.as_str().to_owned();
        let is_common = number > 2 && dice.random_bool(0.5);
        let place = Place {
            url: self.network.url(),
            token: token(user),
            user: user.to_owned(),
            organisation: is_common.then_some(organisation),
            collection: self.collection.clone(),
            page: [1, 2, 5, 500][dice.random_range(0..4)],
        };
        let offset = dice.random_range(-3_000..=3_000);
        // What a process keeps in its memory alone would be lost when it is killed.
        let is_killed = self.blows != Blows::Network;
        match dice.random_range(0..10) {
            0..4 => Device::core(&name, place, offset),
            4..6 => Device::remote(&name, place, offset, children.rust.clone(), "store"),
            6..8 if !is_killed => {
                Device::remote(&name, place, offset, children.typescript.clone(), "core")
            }
            _ => Device::remote(&name, place, offset, children.typescript.clone(), "store"),
        }
    }

    /// Asks for something until there is an answer that is one: its status, its body, and whether an
    /// earlier attempt may have been heard.
    pub(super) async fn ask(
        &self,
        user: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<(u16, Value, bool), String> {
        self.ask_in(user, None, method, path, body).await
    }

    /// The same, in a user's own namespace or an organisation's.
    pub(super) async fn ask_in(
        &self,
        user: &str,
        organisation: Option<&OrganisationId>,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<(u16, Value, bool), String> {
        let request = || {
            let url = format!("{}{path}", self.network.url());
            let request = self.client.request(method.clone(), url);
            let request = match organisation {
                Some(organisation) => request.header("X-Org-Id", organisation.as_str()),
                None => request,
            };
            let is_anybody = user.is_empty();
            let request = if is_anybody {
                request
            } else {
                request.bearer_auth(token(user))
            };
            if body.is_null() {
                request
            } else {
                request.json(body)
            }
        };
        let what = format!("{method} {path} of {user}");
        until_answered(&what, request).await
    }

    /// The same, of somebody who has not signed in.
    pub(super) async fn ask_as_anybody(
        &self,
        method: Method,
        path: &str,
    ) -> Result<(u16, Value, bool), String> {
        self.ask("", method, path, &Value::Null).await
    }

    /// Every document that a user sees, by owner and key, as a fresh pull gives it.
    pub(super) async fn pull(
        &self,
        user: &str,
        organisation: Option<&str>,
    ) -> Result<Documents, String> {
        let url = format!("{}/todo/sync", self.network.url());
        let body = json!({ "collection": self.collection, "protocol": 2, "changes": [] });
        let request = || {
            let request = self.client.post(&url).bearer_auth(token(user)).json(&body);
            match organisation {
                Some(organisation) => request.header("X-Org-Id", organisation),
                None => request,
            }
        };
        // A server may not have found its database again yet.
        let what = format!("a fresh pull of {user}");
        let (_, answer, _) = until_answered(&what, request).await?;
        let states = answer["serverChanges"].as_array();
        let states = states.ok_or_else(|| format!("{user} cannot pull: {answer}"))?;
        Ok(states.iter().map(document).collect())
    }
}

/// Sends a request until there is an answer; returns it, and whether it was sent more than once.
async fn until_answered(
    what: &str,
    request: impl Fn() -> RequestBuilder,
) -> Result<(u16, Value, bool), String> {
    let (start, mut is_repeated) = (Instant::now(), false);
    loop {
        if let Some((status, answer)) = answer(request()).await {
            return Ok((status, answer, is_repeated));
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("{what} is never answered"));
        }
        is_repeated = true;
        sleep(Duration::from_millis(20)).await;
    }
}

/// The status and the body of an answer, if there is one that is none of a failure.
async fn answer(request: RequestBuilder) -> Option<(u16, Value)> {
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let answer = response.text().await.ok()?;
    let answer = serde_json::from_str(&answer).unwrap_or(Value::Null);
    (status < 500).then_some((status, answer))
}

/// A document of an answer, by owner and key, and what its reader may do with it.
pub(super) fn document(state: &Value) -> (Id, (Value, Option<Access>)) {
    let owner = state["_owner"].as_str().map(str::to_owned);
    let key = state["_key"].as_str().expect("a document has a key");
    let access = serde_json::from_value(state["_access"].clone());
    let access = access.expect("it is an access, or none");
    ((owner, key.to_owned()), (fields(state), access))
}

/// What an application says in a document of an answer.
pub(super) fn fields(state: &Value) -> Value {
    let mut fields = state.as_object().expect("it is an object").clone();
    fields.retain(|name, _| !name.starts_with('_'));
    fields.into()
}

async fn found(client: &Client, url: &str, user: &str, name: &str) -> OrganisationId {
    for _ in 0..100 {
        let request = client.post(format!("{url}/orgs")).bearer_auth(token(user));
        let request = request.json(&json!({ "name": name }));
        if let Ok(response) = request.send().await
            && let Ok(answer) = response.json::<Value>().await
            && let Some(id) = answer["orgId"].as_str()
        {
            return OrganisationId::new(id).expect("a server gave it");
        }
        // It may exist already, and the answer have been lost.
        let request = client.get(format!("{url}/orgs")).bearer_auth(token(user));
        if let Ok(response) = request.send().await
            && let Ok(answer) = response.json::<Value>().await
            && let Some(id) = answer["orgs"][0]["orgId"].as_str()
        {
            return OrganisationId::new(id).expect("a server gave it");
        }
    }
    panic!("{user} can found no organisation");
}
