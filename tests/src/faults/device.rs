//! A device of a user: its documents, its clock, and how it can be killed.

mod core;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use syncline_domain::access::Namespace;

use super::model::{Name, user_id};
use crate::{
    clients::{Child, Remote},
    simulation::ledger::Token,
};
use core::Core;

pub(super) use crate::clients::{Id, Place, Trouble, View};

/// A device of one of the kinds.
pub(super) struct Device {
    pub(super) name: String,
    pub(super) place: Place,
    /// How far its clock is from the true time, in milliseconds.
    pub(super) offset: i64,
    /// What it edited and the server has perhaps not stored.
    pub(super) unsettled: BTreeMap<Name, BTreeSet<Token>>,
    kind: Kind,
}

enum Kind {
    Core(Box<Core>),
    Remote(Remote),
}

impl Device {
    /// The core of the Rust client.
    pub(super) fn core(name: &str, place: Place, offset: i64) -> Self {
        let core = Core::new(name, &place);
        Self::of(name, place, offset, Kind::Core(Box::new(core)))
    }

    /// A client of this kind in a process of its own.
    pub(super) fn remote(name: &str, place: Place, offset: i64, child: Child, kind: &str) -> Self {
        let remote = Remote::new(name, child, kind);
        Self::of(name, place, offset, Kind::Remote(remote))
    }

    fn of(name: &str, place: Place, offset: i64, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            place,
            offset,
            unsettled: BTreeMap::new(),
            kind,
        }
    }

    /// The document that it means.
    pub(super) fn named(&self, id: &Id) -> Name {
        let namespace = match (&id.0, &self.place.organisation) {
            (Some(owner), _) => Namespace::Personal(user_id(owner)),
            (None, None) => Namespace::Personal(user_id(&self.place.user)),
            (None, Some(organisation)) => Namespace::Organisation(
                syncline_domain::identifier::OrganisationId::new(organisation)
                    .expect("a server gave it"),
            ),
        };
        Name {
            namespace,
            key: id.1.clone(),
        }
    }

    /// Whether it synchronises of its own accord, so that documents may change at any moment.
    pub(super) fn is_store(&self) -> bool {
        matches!(&self.kind, Kind::Remote(remote) if remote.is_store())
    }

    /// Begins, or begins again after it was killed.
    pub(super) async fn open(&mut self) -> Result<(), Trouble> {
        match &mut self.kind {
            Kind::Core(_) => Ok(()),
            Kind::Remote(remote) => remote.open(&self.place, self.offset).await,
        }
    }

    pub(super) async fn view(&mut self) -> Result<View, Trouble> {
        match &mut self.kind {
            Kind::Core(core) => Ok(core.view()),
            Kind::Remote(remote) => remote.view().await,
        }
    }

    /// Makes `new` of `old`, or does nothing if the document is no longer `old`. Returns whether it
    /// was done.
    pub(super) async fn edit(
        &mut self,
        id: &Id,
        old: &Value,
        new: &Value,
    ) -> Result<bool, Trouble> {
        match &mut self.kind {
            Kind::Core(core) => core.edit(id, new, self.offset),
            Kind::Remote(remote) => remote.edit(id, old, new).await,
        }
    }

    /// Synchronises until nothing is waiting on either side.
    pub(super) async fn sync(&mut self) -> Result<(), Trouble> {
        match &mut self.kind {
            Kind::Core(core) => core.sync(self.offset).await,
            Kind::Remote(remote) => remote.sync().await,
        }
    }

    /// Sends again what the server rejected.
    pub(super) async fn retry(&mut self, id: &Id) -> Result<(), Trouble> {
        match &mut self.kind {
            Kind::Core(core) => {
                core.retry(id);
                Ok(())
            }
            Kind::Remote(remote) => remote.retry(id).await,
        }
    }

    /// Forgets what the server gave; only cores do.
    pub(super) async fn prune(&mut self) -> Result<(), Trouble> {
        match &mut self.kind {
            Kind::Core(core) => {
                core.prune();
                Ok(())
            }
            Kind::Remote(remote) => remote.prune().await,
        }
    }

    /// Ends the program and starts it again from what it kept.
    pub(super) async fn restart(&mut self) -> Result<(), Trouble> {
        match &mut self.kind {
            Kind::Core(core) => {
                core.restart(&self.place);
                Ok(())
            }
            Kind::Remote(remote) => {
                remote.close().await?;
                remote.open(&self.place, self.offset).await
            }
        }
    }

    /// Its clock jumps.
    pub(super) async fn jump(&mut self, offset: i64) -> Result<(), Trouble> {
        self.offset = offset;
        match &mut self.kind {
            Kind::Core(_) => Ok(()),
            Kind::Remote(remote) => remote.jump(offset).await,
        }
    }

    /// The reports of conflicts that it heard.
    pub(super) fn heard(&mut self) -> Vec<Value> {
        match &mut self.kind {
            Kind::Core(core) => std::mem::take(&mut core.heard),
            Kind::Remote(remote) => remote.heard(),
        }
    }

    /// Ends it for good.
    pub(super) async fn close(&mut self) {
        if let Kind::Remote(remote) = &mut self.kind {
            // One that was killed is closed already.
            drop(remote.close().await);
        }
    }
}
