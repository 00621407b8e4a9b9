//! What a device's user does: edits, synchronises, lets its clock jump, starts it again.

use std::{sync::Arc, time::Duration};

use rand::{RngExt, seq::IndexedRandom};
use serde_json::Value;
use syncline_client::Access;
use tokio::time::{Instant, sleep};

use super::{
    device::{Device, Id, Trouble, View},
    judge::told_of,
    model::Name,
    network::lock,
    world::{Actor, World},
};
use crate::simulation::{Dice, edits, ledger::tokens};

/// How far clocks jump, in milliseconds. Five minutes ahead is what servers accept.
const JUMPS: [i64; 6] = [0, 2_000, -60_000, 240_000, 3_600_000, -86_400_000];

/// Keys that several devices create, each by itself.
const COMMON: [&str; 3] = ["plan", "list", "text"];

/// How long an answer may take to arrive, at most.
const ARRIVAL: Duration = Duration::from_secs(1);

/// A device in the middle of its life.
pub(super) struct Life {
    pub(super) device: Device,
    world: Arc<World>,
    dice: Dice,
    /// Whether nothing has been done since it synchronised. What a poke brings comes all the same.
    is_still: bool,
    /// Whether it heard that the user's account was deleted.
    pub(super) is_over: bool,
    created: usize,
    pub(super) edits: u64,
    pub(super) deaths: u64,
}

impl Life {
    pub(super) fn new(world: Arc<World>, device: Device, actor: Actor) -> Self {
        let dice = world.dice(actor);
        Self {
            device,
            world,
            dice,
            is_still: false,
            is_over: false,
            created: 0,
            edits: 0,
            deaths: 0,
        }
    }

    /// Lives for some steps.
    pub(super) async fn live(&mut self) -> Result<(), String> {
        self.open().await?;
        for _ in 0..self.dice.random_range(8..=16) {
            let step = self.step().await;
            self.bear(step).await?;
            if self.is_over {
                break;
            }
            let pause = self.dice.random_range(0..12);
            sleep(Duration::from_millis(pause)).await;
        }
        Ok(())
    }

    /// Takes what may happen, and begins again after a death.
    pub(super) async fn bear(&mut self, result: Result<(), Trouble>) -> Result<(), String> {
        match result {
            Ok(()) | Err(Trouble::Away(_)) => Ok(()),
            Err(Trouble::Outside) if self.device.place.organisation.is_some() => Ok(()),
            Err(Trouble::Gone) if self.may_be_over() => {
                self.is_over = true;
                Ok(())
            }
            Err(Trouble::Killed) => {
                self.deaths += 1;
                self.note("was killed");
                self.open().await
            }
            Err(trouble) => Err(format!("{}: {trouble:?}", self.device.name)),
        }
    }

    fn may_be_over(&self) -> bool {
        let model = lock(&self.world.model);
        model.may_be_gone(&self.device.place.user, Instant::now())
    }

    /// What the device shows; it begins again if it was killed.
    pub(super) async fn view(&mut self) -> Result<View, String> {
        loop {
            match self.device.view().await {
                Ok(view) => return Ok(view),
                Err(trouble) => self.bear(Err(trouble)).await?,
            }
        }
    }

    async fn open(&mut self) -> Result<(), String> {
        self.is_still = false;
        for _ in 0..20 {
            match self.device.open().await {
                Ok(()) => return Ok(()),
                // Killed once more.
                Err(Trouble::Killed) => sleep(Duration::from_millis(5)).await,
                Err(trouble) => return Err(format!("{}: {trouble:?}", self.device.name)),
            }
        }
        Err(format!("{} never begins", self.device.name))
    }

    async fn step(&mut self) -> Result<(), Trouble> {
        match self.dice.random_range(0..100) {
            0..52 => self.edit().await,
            52..84 => self.sync().await,
            84..86 => {
                self.note("tries again what was rejected");
                self.is_still = false;
                self.retry().await
            }
            86..89 if !self.device.is_store() => {
                self.note("forgets what the server gave");
                self.device.prune().await
            }
            86..93 => {
                let offset = *JUMPS.choose(&mut self.dice).expect("there are some");
                self.note(format!("its clock jumps to {offset}"));
                self.device.jump(offset).await
            }
            _ => {
                self.note("starts again");
                self.is_still = false;
                self.device.restart().await
            }
        }
    }

    /// Synchronises. Afterwards, what waits no longer is settled.
    pub(super) async fn sync(&mut self) -> Result<(), Trouble> {
        self.note("synchronises");
        self.is_still = false;
        let result = self.device.sync().await;
        self.note(format!("synchronised: {result:?}"));
        self.hear();
        result?;
        let view = self.device.view().await?;
        if view.unsent == view.rejected.len() {
            self.is_still = true;
            let rejected: Vec<_> = view
                .rejected
                .iter()
                .map(|id| self.device.named(id))
                .collect();
            self.device
                .unsettled
                .retain(|name, _| rejected.contains(name));
        }
        Ok(())
    }

    /// What was refused may be welcome by now.
    pub(super) async fn retry(&mut self) -> Result<(), Trouble> {
        for id in self.device.view().await?.rejected {
            self.device.retry(&id).await?;
        }
        Ok(())
    }

    pub(super) fn hear(&mut self) {
        let heard = Value::Array(self.device.heard());
        lock(&self.world.model).ledger.heard(&heard);
    }

    async fn edit(&mut self) -> Result<(), Trouble> {
        let looked = Instant::now();
        let view = self.device.view().await?;
        let (id, old) = self.chosen(&view);
        let new = self.next(&id, &old);
        let name = self.device.named(&id);
        lock(&self.world.model).making(&name, &self.device.place.user, &old, &new);
        self.note(format!("{name}: {old} -> {new}"));
        let result = self.device.edit(&id, &old, &new).await;
        self.note(format!("edited: {result:?}"));
        self.is_still = false;
        let concerned = tokens(&old).into_iter().chain(tokens(&new));
        if result.is_err() {
            // It was killed, perhaps after it had done so.
            lock(&self.world.model).ledger.excuse(concerned);
            return result.map(drop);
        }
        if result? {
            self.edits += 1;
            let unsettled = self.device.unsettled.entry(name.clone()).or_default();
            unsettled.extend(concerned);
            lock(&self.world.model)
                .ledger
                .edited(&name.to_string(), &old, &new);
            if self.device.is_store() && (old.is_null() || new.is_null()) {
                self.excuse_arrivals(&name, looked);
            }
        }
        Ok(())
    }

    /// A store takes answers by itself, and has a document made or deleted whatever it is by then: what came after
    /// the look is overwritten as if it had been seen.
    fn excuse_arrivals(&self, name: &Name, looked: Instant) {
        let exchanges = self.world.network.exchanges();
        let user = &self.device.place.user;
        let arriving = exchanges.iter().filter(|exchange| {
            exchange.is_of_device() && exchange.user == *user && exchange.end + ARRIVAL >= looked
        });
        let documents = arriving.flat_map(told_of).filter(|(of, _)| of == name);
        let values: Vec<_> = documents.flat_map(|(_, values)| values).collect();
        drop(exchanges);
        lock(&self.world.model).ledger.excuse(values);
    }

    /// A document to edit, and what it is: one that is there, or one to be created. A store's
    /// documents may come or go at any moment, unless it is still.
    fn chosen(&mut self, view: &View) -> (Id, Value) {
        let is_read_only = |access: Option<Access>| access == Some(Access::Read);
        let dares = self.dice.random_bool(0.1);
        let documents = view.documents.iter();
        let there: Vec<_> = documents
            .filter(|(_, (_, access))| dares == is_read_only(*access))
            .collect();
        if self.dice.random_bool(0.75)
            && let Some((id, (document, _))) = there.choose(&mut self.dice)
        {
            return ((*id).clone(), document.clone().into());
        }
        let key = (*COMMON.choose(&mut self.dice).expect("there are some")).to_owned();
        let common = (None, key);
        match view.documents.get(&common) {
            Some((document, _)) => (common, document.clone().into()),
            None if self.is_quick() => (common, Value::Null),
            None => {
                self.created += 1;
                let key = format!("{}-{}", self.device.name, self.created);
                ((None, key), Value::Null)
            }
        }
    }

    /// Whether what it saw is likely what there is still.
    fn is_quick(&self) -> bool {
        !self.device.is_store() || self.is_still
    }

    fn next(&mut self, id: &Id, old: &Value) -> Value {
        let is_quick = self.is_quick();
        let ledger = &mut lock(&self.world.model).ledger;
        let dice = &mut self.dice;
        match old {
            Value::Object(_) if is_quick && dice.random_bool(0.06) => Value::Null,
            Value::Object(document) => {
                let mut document = document.clone();
                if id.1 == "text" {
                    edits::insert_lines(&mut document, dice, ledger);
                } else {
                    edits::edit(&mut document, dice, ledger);
                }
                document.into()
            }
            _ => edits::new_document(dice, ledger).into(),
        }
    }

    fn note(&self, what: impl std::fmt::Display) {
        self.world.log.add(format!("{}: {what}", self.device.name));
    }
}
