//! A device that syncs one document over a network that loses requests and answers.

use serde_json::Value;
use syncline_domain::{
    document::Document,
    hlc::{Hlc, UnixMillis},
    rebase::LocalDocument,
};

use crate::{history::node, server::Server};

/// What the network does to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    Works,
    LosesRequest,
    LosesAnswer,
}

#[derive(Clone, Debug)]
pub(crate) struct Syncing {
    pub(crate) document: LocalDocument,
    clock: Hlc,
    seen: Option<Hlc>,
}

impl Syncing {
    pub(crate) fn new(name: &str) -> Self {
        let clock = Hlc::zero().with_node(node(name));
        Self {
            document: LocalDocument::default(),
            clock,
            seen: None,
        }
    }

    pub(crate) fn content(&self) -> Document {
        self.document.content().unwrap_or_default()
    }

    pub(crate) fn set(&mut self, name: &str, value: Value, time: u64) {
        let mut content = self.content();
        content.insert(name.to_owned(), value);
        self.edit(&content, time);
    }

    pub(crate) fn edit(&mut self, content: &Document, time: u64) {
        self.clock = self.clock.tick(UnixMillis(time)).unwrap();
        self.document.edit(content, &self.clock, self.seen.as_ref());
    }

    pub(crate) fn delete(&mut self, time: u64) {
        self.clock = self.clock.tick(UnixMillis(time)).unwrap();
        self.document.delete(&self.clock, self.seen.as_ref());
    }

    /// Pushes and pulls, while the user does `meanwhile`.
    pub(crate) fn sync(
        &mut self,
        server: &mut Server,
        network: Network,
        time: u64,
        meanwhile: impl FnOnce(&mut Self),
    ) {
        let push = self.document.push();
        if network != Network::LosesRequest
            && let Some(push) = &push
        {
            server.push(push, time);
        }
        let (stored, clock) = (server.pull(self.seen.as_ref()), server.clock(time));
        meanwhile(self);
        if network != Network::Works {
            return;
        }
        match (push, stored) {
            (Some(push), stored) => self.document.answer(&push, stored, &clock),
            (None, Some(stored)) => self.document.receive(stored),
            (None, None) => {}
        }
        self.clock = self.clock.receive(&clock, UnixMillis(time)).unwrap();
        self.seen = Some(clock);
    }

    /// Syncs until nothing is pending: what was edited over a lost push waits for its answer.
    pub(crate) fn sync_quietly(&mut self, server: &mut Server, time: u64) {
        self.sync(server, Network::Works, time, |_| {});
        if self.document.pending().is_some() {
            self.sync(server, Network::Works, time, |_| {});
        }
    }
}
