//! Live pokes: devices that listen are told that a collection may have changed, never what.
//!
//! A stream is one device's, for one application. What it is told follows from who listens: changes
//! of the user's own documents, of those that others show the user, and of the organisations that
//! the user belongs to. Whoever does not keep up loses nothing: until a stream is read, each
//! collection waits in it once, and too many of them become one hint that anything may have changed.
//!
//! | module | what it does |
//! |---|---|
//! | `hub` | who listens, and who of them is told of a poke |
//! | `stream` | the hints that wait for one device |
//! | `ticket` | what a page shows that cannot send headers |

mod hub;
mod stream;
mod ticket;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use syncline_domain::{hlc::UnixMillis, identifier::UserId};

use crate::{
    accounts::{AccountDeleted, AccountService},
    ports::{Clock, Organisations, Poke, Session, Sessions, StoreError},
    seal::Seal,
    sync::{SyncError, SyncService},
};
use hub::Hub;
use stream::Waiting;

pub use stream::{Hint, LiveStream};
pub use ticket::TICKET_MILLIS;

/// Of so many users the memberships are read at once.
const USERS_AT_ONCE: usize = 500;

/// How many may listen.
#[derive(Clone, Copy, Debug)]
pub struct LiveLimits {
    /// The most streams of one user.
    pub streams_of_user: usize,
    /// The most streams in all.
    pub streams: usize,
}

/// Why nobody can listen.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The user listens often enough.
    #[error(
        "you listen on {0} streams already, which is as many as a user may; end one of them first"
    )]
    TooManyOfUser(usize),
    /// The server has no room.
    #[error("this server has as many live streams as it takes; try again, or sync now and then")]
    TooMany,
    /// The server is about to stop.
    #[error("this server is stopping; try again")]
    Closed,
    /// The ticket is none, has ended, or is for another application.
    #[error("the ticket is not valid here, or no longer; `POST /auth/ticket` gives another")]
    BadTicket,
    /// The account of the session was deleted.
    #[error(transparent)]
    AccountDeleted(#[from] AccountDeleted),
    /// There is no such application.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the service is put together from.
pub struct LiveParts {
    /// Knows the applications.
    pub sync: Arc<SyncService>,
    /// Know who belongs to them.
    pub organisations: Arc<dyn Organisations>,
    /// Know which were deleted.
    pub accounts: Arc<AccountService>,
    /// Know when they end.
    pub sessions: Arc<dyn Sessions>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Lets devices listen, and tells them.
pub struct LiveService {
    parts: LiveParts,
    limits: LiveLimits,
    tickets: Seal,
    hub: Arc<Mutex<Hub>>,
}

impl LiveService {
    /// Puts the service together; tickets are signed with keys derived from `secrets`.
    #[must_use]
    pub fn new<'s>(
        parts: LiveParts,
        limits: LiveLimits,
        secrets: impl IntoIterator<Item = &'s [u8]>,
    ) -> Self {
        Self {
            parts,
            limits,
            tickets: ticket::seal(secrets),
            hub: Arc::default(),
        }
    }

    /// Begins to listen. Whatever changes from when this returns is told, until the session ends.
    ///
    /// # Errors
    /// [`LiveError`].
    pub async fn open(
        &self,
        session: &Session,
        application: &str,
    ) -> Result<LiveStream, LiveError> {
        let (name, settings) = self.parts.sync.application(application)?;
        self.parts.accounts.check(session)?;
        let waiting = Waiting::new(session.clone(), name, settings.public_in_sync());
        let waiting = Arc::new(waiting);
        self.hub().add(&waiting, self.limits)?;
        let ends_at = self.parts.sessions.ends_at(session);
        // From here on it is forgotten when it is dropped.
        let stream = LiveStream::new(waiting, Arc::clone(&self.hub), ends_at);
        self.read_memberships(std::slice::from_ref(&session.user_id))
            .await?;
        // Deleted while this began, after others were ended.
        self.parts.accounts.check(session)?;
        Ok(stream)
    }

    /// Tells whoever is concerned.
    ///
    /// # Errors
    /// [`StoreError`]: who belongs where could not be read. [`Poke::Anything`] mends it.
    pub async fn hear(&self, pokes: &[Poke]) -> Result<(), StoreError> {
        let is_any = |wanted: &Poke| pokes.contains(wanted) || pokes.contains(&Poke::Anything);
        if is_any(&Poke::Accounts) {
            let accounts = &self.parts.accounts;
            accounts.refresh().await?;
            self.hub()
                .end_where(|session| accounts.check(session).is_err());
        }
        let stale = {
            let mut hub = self.hub();
            for poke in pokes {
                hub.tell(poke);
            }
            hub.take_stale()
        };
        self.read_memberships(&stale).await?;
        self.hub().tell_anything(&stale);
        Ok(())
    }

    /// Ends all streams, and takes no more.
    pub fn close(&self) {
        self.hub().close();
    }

    /// A ticket that lets whoever shows it listen as the caller, to this application, if that begins
    /// within [`TICKET_MILLIS`]. It is good for nothing else.
    ///
    /// # Errors
    /// [`LiveError::Sync`] when there is no such application.
    pub fn issue_ticket(&self, session: &Session, application: &str) -> Result<String, LiveError> {
        let (name, _) = self.parts.sync.application(application)?;
        let (now, ends_at) = (self.now(), self.parts.sessions.ends_at(session));
        Ok(ticket::issue(&self.tickets, session, &name, now, ends_at))
    }

    /// Whose ticket it is.
    ///
    /// # Errors
    /// [`LiveError::BadTicket`].
    pub fn open_ticket(&self, ticket: &str, application: &str) -> Result<Session, LiveError> {
        ticket::open(&self.tickets, ticket, application, self.now()).ok_or(LiveError::BadTicket)
    }

    /// Reads to which organisations users belong who listen. What changes while it is read is read
    /// again by whoever hears of that.
    async fn read_memberships(&self, users: &[UserId]) -> Result<(), StoreError> {
        for users in users.chunks(USERS_AT_ONCE) {
            let as_of = self.hub().generation();
            let found = self.parts.organisations.memberships(users).await?;
            self.hub().set_memberships(users, &found, as_of);
        }
        Ok(())
    }

    fn now(&self) -> UnixMillis {
        self.parts.clock.now()
    }

    fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
