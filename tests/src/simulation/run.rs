use std::{collections::BTreeMap, ops::RangeInclusive};

use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use syncline_client::{Document, UnixMillis};

use super::{Dice, device::Device, edits, ledger::Ledger};
use crate::{Endpoint, replica::now};

const COLLECTION: &str = "notes";

/// The document of a plan with lines alone.
const TEXT: &str = "text";

/// How far a device's wall clock is from the true time, in milliseconds.
const DRIFT: RangeInclusive<i64> = -3_000..=3_000;

/// How much time passes from one step to the next, in milliseconds.
const STEP: u64 = 20;

/// What devices do in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// They edit, delete and create again.
    Everything,
    /// The same without deletions, some with the protocol of the predecessor.
    WithPredecessors,
    /// They insert lines into one text.
    Lines,
}

/// A run in progress.
pub struct Run<'s, S> {
    server: &'s S,
    user: String,
    plan: Plan,
    dice: Dice,
    devices: Vec<Device>,
    keys: Vec<String>,
    ledger: Ledger,
    /// The bodies of requests, which the network may deliver once more.
    sent: Vec<Value>,
    /// What fresh pulls gave on the way.
    pulled: Vec<Value>,
    start: UnixMillis,
    steps: u64,
    log: Vec<String>,
}

/// Runs a seed as a user of its own. Returns how many edits were made.
///
/// # Errors
/// What does not hold, and every step that led there.
pub async fn run(server: &impl Endpoint, plan: Plan, seed: u64) -> Result<u64, String> {
    let mut run = Run::new(server, plan, seed);
    let result = run.play().await;
    let log = run.log.join("\n");
    result.map_err(|error| format!("seed {seed} of {plan:?}: {error}\n{log}"))
}

impl<'s, S: Endpoint> Run<'s, S> {
    fn new(server: &'s S, plan: Plan, seed: u64) -> Self {
        let mut dice = Dice::seed_from_u64(seed);
        let devices = (0..dice.random_range(3..=6)).map(|number| device(plan, number, &mut dice));
        let devices = devices.collect();
        let keys = match plan {
            Plan::Lines => vec![TEXT.to_owned()],
            Plan::Everything | Plan::WithPredecessors => (0..dice.random_range(1..=3))
                .map(|number| format!("document-{number}"))
                .collect(),
        };
        Self {
            server,
            user: format!("{plan:?} {seed}"),
            plan,
            dice,
            devices,
            keys,
            ledger: Ledger::default(),
            sent: Vec::new(),
            pulled: Vec::new(),
            start: now(),
            steps: 0,
            log: Vec::new(),
        }
    }

    async fn play(&mut self) -> Result<u64, String> {
        if self.plan == Plan::Lines {
            let empty = Document::from_iter([("text".to_owned(), Value::from(""))]);
            let now = self.now(0);
            self.devices[0].edit(TEXT, Some(&empty), now);
            self.quiet().await?;
        }
        let mut edits = 0;
        for _ in 0..self.dice.random_range(40..=100) {
            self.steps += 1;
            let device = self.dice.random_range(0..self.devices.len());
            edits += self.step(device).await?;
        }
        self.quiet().await?;
        self.check().await?;
        Ok(edits)
    }

    async fn step(&mut self, device: usize) -> Result<u64, String> {
        match self.dice.random_range(0..100) {
            0..45 => return Ok(self.edit(device)),
            45..65 => self.sync(device).await?,
            65..75 => self.lose_answer(device).await?,
            75..80 => self.lose_request(device),
            80..86 => self.send_twice(device).await?,
            86..92 => self.deliver_late().await?,
            92..94 => self.restart(device),
            94..96 => self.pull_fresh().await.map(drop)?,
            _ => return self.edit_meanwhile(device).await,
        }
        Ok(0)
    }

    /// Edits a document as the device sees it, or deletes or creates it.
    fn edit(&mut self, device: usize) -> u64 {
        let key = self.keys[self.dice.random_range(0..self.keys.len())].clone();
        let old = self.devices[device].get(&key);
        let new = self.next_content(old.clone());
        let (old, new_value) = (value(old), value(new.clone()));
        self.note(device, format!("{key}: {old} -> {new_value}"));
        self.ledger.edited(&key, &old, &new_value);
        let now = self.now(device);
        self.devices[device].edit(&key, new.as_ref(), now);
        1
    }

    fn next_content(&mut self, old: Option<Document>) -> Option<Document> {
        let (dice, ledger) = (&mut self.dice, &mut self.ledger);
        match (self.plan, old) {
            (Plan::Lines, Some(mut document)) => {
                edits::insert_lines(&mut document, dice, ledger);
                Some(document)
            }
            (Plan::Everything, Some(_)) if dice.random_bool(0.08) => None,
            (_, Some(mut document)) => {
                edits::edit(&mut document, dice, ledger);
                Some(document)
            }
            (_, None) => Some(edits::new_document(dice, ledger)),
        }
    }

    /// Pushes, and pulls all that is waiting or a part of it.
    async fn sync(&mut self, device: usize) -> Result<(), String> {
        loop {
            let body = self.begin(device);
            let answer = self.post(&body).await?;
            let has_more = self.apply(device, &answer)?;
            if !has_more || self.dice.random_bool(0.2) {
                return Ok(());
            }
        }
    }

    async fn lose_answer(&mut self, device: usize) -> Result<(), String> {
        let body = self.begin(device);
        self.note(device, "the answer is lost".to_owned());
        self.post(&body).await?;
        self.devices[device].abandon();
        Ok(())
    }

    /// The request may be delivered later.
    fn lose_request(&mut self, device: usize) {
        self.begin(device);
        self.note(device, "the request is lost".to_owned());
        self.devices[device].abandon();
    }

    async fn send_twice(&mut self, device: usize) -> Result<(), String> {
        let body = self.begin(device);
        let first = self.post(&body).await?;
        self.note(device, "the request is repeated".to_owned());
        let second = self.post(&body).await?;
        let heard = if self.dice.random_bool(0.5) {
            first
        } else {
            second
        };
        self.apply(device, &heard)?;
        Ok(())
    }

    async fn deliver_late(&mut self) -> Result<(), String> {
        if self.sent.is_empty() {
            return Ok(());
        }
        let number = self.dice.random_range(0..self.sent.len());
        let body = self.sent[number].clone();
        self.log
            .push(format!("{}: request {number} comes again", self.steps));
        self.post(&body).await?;
        Ok(())
    }

    fn restart(&mut self, device: usize) {
        let page = page_size(&mut self.dice);
        self.note(device, format!("restart with pages of {page:?}"));
        self.devices[device].restart(page);
    }

    /// The user goes on editing while a request is under way.
    async fn edit_meanwhile(&mut self, device: usize) -> Result<u64, String> {
        let body = self.begin(device);
        // A plain device overwrites what it has with the answer: its user waits for it.
        let edits = if body["node"].is_null() {
            0
        } else {
            self.edit(device)
        };
        let answer = self.post(&body).await?;
        self.apply(device, &answer)?;
        Ok(edits)
    }

    /// Everybody syncs until all is still.
    async fn quiet(&mut self) -> Result<(), String> {
        self.log.push("quiet".to_owned());
        for _ in 0..20 {
            let before = self.documents();
            for device in 0..self.devices.len() {
                self.sync(device).await?;
            }
            let is_edited = self.devices.iter().any(Device::is_edited);
            let after = self.documents();
            if !is_edited && before == after && after.windows(2).all(|pair| pair[0] == pair[1]) {
                return Ok(());
            }
        }
        Err(format!("the devices never agree: {:#?}", self.documents()))
    }

    async fn check(&mut self) -> Result<(), String> {
        let answer = self.pull_fresh().await?;
        let mut fresh = Device::plain("fresh", COLLECTION, 0);
        fresh.apply(&answer, self.now(0))?;
        let documents = fresh.documents();
        if self.devices[0].documents() != documents {
            let device = self.devices[0].documents();
            return Err(format!(
                "a fresh pull gives {documents:#?}, the devices have {device:#?}"
            ));
        }
        for key in &self.keys {
            let document = documents.get(key).unwrap_or(&Value::Null);
            self.ledger.check(key, document)?;
            let missing = self.ledger.missing(key, document);
            if self.plan == Plan::Lines && !missing.is_empty() {
                return Err(format!("the text lacks lines {missing:?}: {document}"));
            }
        }
        self.resend_everything().await
    }

    /// What was pulled at some time, sent as new with today's clock, as the predecessor's client
    /// does with every document at every sync, changes nothing.
    async fn resend_everything(&mut self) -> Result<(), String> {
        let before = self.pull_fresh().await?;
        for pulled in self.pulled.clone() {
            let states = pulled["serverChanges"].as_array().into_iter().flatten();
            let changes: Vec<_> = states
                .filter_map(|state| resent(state, &before["serverClock"]))
                .collect();
            let body = json!({
                "collection": COLLECTION, "clientClock": before["serverClock"], "changes": changes,
            });
            self.log.push(format!("resent: {body}"));
            self.post(&body).await?;
        }
        let after = self.pull_fresh().await?;
        if before["serverChanges"] == after["serverChanges"] {
            Ok(())
        } else {
            Err(format!(
                "what was sent again changed {} to {}",
                before["serverChanges"], after["serverChanges"]
            ))
        }
    }

    async fn pull_fresh(&mut self) -> Result<Value, String> {
        let answer = self.post(&json!({ "collection": COLLECTION })).await?;
        self.pulled.push(answer.clone());
        Ok(answer)
    }

    fn documents(&self) -> Vec<BTreeMap<String, Value>> {
        self.devices.iter().map(Device::documents).collect()
    }

    fn begin(&mut self, device: usize) -> Value {
        let body = self.devices[device].begin();
        self.note(device, format!("request {}: {body}", self.sent.len()));
        self.sent.push(body.clone());
        body
    }

    fn apply(&mut self, device: usize, answer: &Value) -> Result<bool, String> {
        self.note(device, "hears the answer".to_owned());
        self.ledger.heard(&answer["conflicts"]);
        let now = self.now(device);
        self.devices[device].apply(answer, now)
    }

    async fn post(&mut self, body: &Value) -> Result<Value, String> {
        let answer = self.server.post_sync(&self.user, "todo", body).await;
        self.log.push(format!("    answer: {}", answer.body));
        let is_rejected = answer.body["rejected"]
            .as_array()
            .is_some_and(|list| !list.is_empty());
        if answer.status.is_success() && !is_rejected {
            Ok(answer.body)
        } else {
            Err(format!(
                "the server refused a request: {} {}",
                answer.status, answer.body
            ))
        }
    }

    fn note(&mut self, device: usize, what: impl std::fmt::Display) {
        self.log.push(format!(
            "{} {}: {what}",
            self.steps, self.devices[device].name
        ));
    }

    fn now(&self, device: usize) -> UnixMillis {
        let now = self.start.0 + self.steps * STEP;
        UnixMillis(now.saturating_add_signed(self.devices[device].drift))
    }
}

fn device(plan: Plan, number: usize, dice: &mut Dice) -> Device {
    let drift = dice.random_range(DRIFT);
    let name = format!("device-{number}");
    let page = page_size(dice);
    if plan == Plan::WithPredecessors && dice.random_bool(0.4) {
        Device::plain(&name, COLLECTION, drift)
    } else {
        Device::client(&name, COLLECTION, drift, page)
    }
}

fn page_size(dice: &mut Dice) -> Option<u32> {
    [None, Some(1), Some(2), Some(1000)][dice.random_range(0..4)]
}

fn value(document: Option<Document>) -> Value {
    document.map_or(Value::Null, Value::Object)
}

/// A pulled document as a change; none if it is empty, since that says nothing that could be
/// recognised.
fn resent(state: &Value, clock: &Value) -> Option<Value> {
    let mut doc = state.as_object()?.clone();
    doc.retain(|name, _| !name.starts_with('_'));
    let change = json!({
        "key": state["_key"], "doc": doc, "fieldRevs": state["_fieldRevs"], "baseClock": clock,
    });
    (!doc.is_empty()).then_some(change)
}
