//! A store: the documents of one user in one application, local first, synchronised by itself.
//!
//! Documents are in memory and in one SQLite file. Whatever changes is in the file before anybody is
//! told, in one transaction: what was edited, and what a request was sent with, so that a program
//! that is killed at any instant goes on where it was. Synchronising is the core's own
//! ([`crate::SyncClient`]); a store adds the disk, the network and the time.
//!
//! | module | what it does | in TypeScript |
//! |---|---|---|
//! | `database` | the SQLite file | `storage` |
//! | `replica` | the documents of a scope, in memory and on the disk | `replica`, `view` |
//! | `collection`, `query`, `subscription` | what applications use | `collection` |
//! | `tasks` | all that it does by itself | `leader` |
//! | `ending` | how it ends | `store` |
//! | `sync_loop`, `demand`, `pass` | when what is synchronised, and how | `loop`, `asks`, `sync` |
//! | `live` | the server's hints | `live` |
//! | `events`, `listener`, `audience` | what applications are told, and who has heard it | `events`, `reports` |
//! | `remote`, `session`, `person` | requests, the token that they carry, and whose it is | `transport`, `session`, `owner` |

mod audience;
mod clock;
mod collection;
mod database;
mod demand;
mod ending;
mod error;
mod events;
mod inner;
mod listener;
mod live;
mod options;
mod pass;
mod person;
mod query;
mod remote;
mod replica;
mod scope;
mod session;
mod subscription;
mod sync_loop;
mod tasks;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use syncline_domain::identifier::{CollectionName, OrganisationId, UserId};
use tokio::sync::{broadcast, watch};

use database::Database;
use inner::{Inner, Pass};
use remote::Remote;
use session::Session;

use crate::transport::application_url;

pub use collection::{Clocks, Collection};
pub use error::StoreError;
pub use events::{Status, StoreEvent};
pub use listener::Events;
pub use options::StoreOptions;
pub use query::{Found, Query};
pub use scope::Scope;
pub use session::NewToken;
pub use subscription::Subscription;

/// So many events wait for a listener that is slow; conflicts, which are in the file, are none of them.
const EVENTS: usize = 1_024;

/// The documents of one user in one application, on this device.
///
/// It synchronises by itself until it is dropped or closed. What was edited before is on the disk,
/// and is pushed after the next start. Where it is dropped and not closed, its collections keep the file
/// open for as long as there are any.
pub struct Store {
    inner: Arc<Inner>,
}

impl Store {
    /// Opens a store, and begins to synchronise it. Needs a Tokio runtime, and no network.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        options.check()?;
        let url = application_url(&options.url, &options.application)?;
        let (person, place) = (Arc::new(options.person()?), url.to_string());
        let path = options.file()?;
        let owner = Arc::clone(&person);
        let open = tokio::task::spawn_blocking(move || Database::open(&path, &place, owner));
        let database = open.await.unwrap_or(Err(StoreError::Closed))?;
        let events = broadcast::Sender::new(EVENTS);
        let session = Session::new(
            person,
            options.token.clone(),
            options.get_token.clone(),
            events.clone(),
        );
        let remote = Remote::new(url, session)?;
        let inner = Arc::new(Inner {
            database: Arc::new(database),
            remote,
            demand: Arc::default(),
            events,
            status: watch::Sender::default(),
            passes: watch::Sender::new(Pass::default()),
            poll_interval: options.poll_interval,
            page_size: options.page_size,
            is_offline: options.is_offline,
            replicas: Mutex::new(BTreeMap::new()),
            is_live: AtomicBool::new(false),
            clock: Arc::clone(&options.clock),
            tasks: Mutex::default(),
        });
        for scope in inner.on_disk(Database::scopes).await? {
            inner.replica(&scope);
        }
        let run = || tokio::spawn(tasks::run(Arc::clone(&inner)));
        *inner.tasks() = (!options.is_offline).then(run);
        Ok(Self { inner })
    }

    /// A collection of the user's own.
    ///
    /// # Errors
    /// [`StoreError::Options`] when this is no name of a collection.
    pub fn collection(&self, name: &str) -> Result<Collection, StoreError> {
        self.collection_in(name, None)
    }

    /// A collection of an organisation that the user is in.
    ///
    /// # Errors
    /// [`StoreError::Options`] when one of the names is none.
    pub fn organisation_collection(
        &self,
        organisation: &str,
        name: &str,
    ) -> Result<Collection, StoreError> {
        self.collection_in(name, Some(OrganisationId::new(organisation)?))
    }

    /// Whose documents these are.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.inner.remote.session.person.user
    }

    /// How the synchronisation is doing, now and as it changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.inner.status.subscribe()
    }

    /// What happens from now on, and the conflicts of which nobody has heard yet.
    #[must_use]
    pub fn events(&self) -> Events {
        Events::new(self.inner.events.subscribe(), &self.inner.database)
    }

    /// Synchronises everything now. Resolves when everything is pulled, and pushed that was edited before
    /// this was called; what is edited meanwhile follows by itself.
    ///
    /// # Errors
    /// Why it failed; it is tried again by itself.
    pub async fn sync(&self) -> Result<(), StoreError> {
        let mut passes = self.inner.passes.subscribe();
        if self.inner.is_offline {
            self.inner.on_disk(Database::scopes).await?;
            return Err(StoreError::Offline);
        }
        let ticket = self.inner.demand.now();
        let pass = passes.wait_for(|pass| pass.ticket >= ticket).await;
        let error = pass.map_err(|_| StoreError::Closed)?.error.clone();
        error.map_or(Ok(()), Err)
    }

    /// How many documents have edits that the server has not stored, rejected ones included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unsent(&self) -> Result<u64, StoreError> {
        self.inner.on_disk(|database| database.unsent(None)).await
    }

    /// Uses another token of the same user, after a new sign-in, and synchronises everything at once. While
    /// [`StoreOptions::get_token`] is being asked, it is the answer to that.
    ///
    /// # Errors
    /// [`StoreError::Options`] when it is another user's, or no request can carry it.
    pub fn set_token(&self, token: &str) -> Result<(), StoreError> {
        if self.inner.remote.session.renew(token.to_owned())? {
            self.inner.demand.now();
        }
        Ok(())
    }

    /// Forgets an organisation's documents, after the user left it. Its collections are empty then, and
    /// no longer synchronised, until one is edited or asked for again.
    ///
    /// # Errors
    /// [`StoreError::Unsent`] if edits would be lost, unless `discard_unsent`.
    pub async fn forget_organisation(
        &self,
        organisation: &str,
        discard_unsent: bool,
    ) -> Result<(), StoreError> {
        let organisation = OrganisationId::new(organisation)?;
        let (name, replicas) = (organisation.to_string(), self.replicas_of(&organisation));
        let mut slots = Vec::with_capacity(replicas.len());
        for replica in &replicas {
            slots.push(replica.lock().await);
        }
        let forget = move |database: &Database| {
            database.forget(&name, discard_unsent)?;
            for (replica, slot) in replicas.iter().zip(slots) {
                replica.forget(slot);
            }
            Ok(())
        };
        self.inner.on_disk(forget).await
    }

    /// Wipes everything off this device, and closes the store, even if the future is dropped once that has
    /// begun.
    ///
    /// # Errors
    /// [`StoreError::Unsent`] if edits would be lost, unless `discard_unsent`, and others: then nothing
    /// is done. Where only the file could not be removed, everything in it is wiped and the store is
    /// closed.
    pub async fn sign_out(&self, discard_unsent: bool) -> Result<(), StoreError> {
        ending::sign_out(Arc::clone(&self.inner), discard_unsent).await
    }

    /// Stops synchronising and closes the file, even if the future is dropped once that has begun.
    pub async fn close(&self) {
        ending::close(Arc::clone(&self.inner)).await;
    }

    fn collection_in(
        &self,
        name: &str,
        organisation: Option<OrganisationId>,
    ) -> Result<Collection, StoreError> {
        let scope = Scope {
            collection: CollectionName::new(name)?,
            organisation,
        };
        let replica = self.inner.replica(&scope);
        replica.ask_for();
        Ok(Collection::new(replica, Arc::clone(&self.inner)))
    }

    fn replicas_of(&self, organisation: &OrganisationId) -> Vec<Arc<replica::Replica>> {
        let replicas = self
            .inner
            .replicas
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_meant = |scope: &Scope| scope.organisation.as_ref() == Some(organisation);
        let found = replicas.iter().filter(|(scope, _)| is_meant(scope));
        found.map(|(_, replica)| Arc::clone(replica)).collect()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(tasks) = &*self.inner.tasks() {
            tasks.abort();
        }
        self.inner.end();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Store")
            .field("user", self.user())
            .finish_non_exhaustive()
    }
}
