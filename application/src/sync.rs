//! The sync use case: store what a device changed, and answer with what it has not seen.
//!
//! A request first pushes its changes, in one transaction, then pulls, in one statement. The pull
//! comes after the commit, so that a long answer holds neither locks nor a snapshot: it is read
//! page by page, each page bounded by the snapshot at which the pull began (ADR 0001).
//!
//! | module | what it does |
//! |---|---|
//! | `request` | a request whose every change was checked |
//! | `queue` | requests that wait, to be done together |
//! | `worker` | does what waits in a queue |
//! | `push` | read, merge, store if nothing changed; or the unit of work: lock, look back, merge, write |
//! | `pull` | the pages of an answer, and the clock that ends it |
//! | `edit` | pushes that come by other ways than a sync |
//! | `answer` | what a request is answered with |

mod answer;
mod clock;
mod edit;
mod pull;
mod push;
mod queue;
mod request;
mod worker;

use std::sync::Arc;

use futures::future::join;

use crate::{
    accounts::AccountDeleted,
    cursor::CursorCodec,
    ports::{Store, StoreError},
    registry::ApplicationRegistry,
};

use pull::{PageQueue, SHARED_PAGES};
use push::{MOST_TOGETHER, PushQueue};

pub(crate) use edit::Outcome;

pub use answer::{Accepted, Closing, SyncAnswer};
pub use clock::ServerClock;
pub use pull::Changes;
pub use request::{Detail, Limits, Rejection, RejectionCode, SyncBody, WireRequest};

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The server is not configured to serve the application.
    #[error("there is no application `{0}` on this server")]
    UnknownApplication(String),
    /// Changes that cannot be stored; nothing was.
    #[error("the request holds changes that cannot be stored")]
    Rejected(Vec<Rejection>),
    /// The request itself breaks a rule.
    #[error("{0}")]
    BadRequest(String),
    /// A revision is too far in the future, seen from the server's present time in milliseconds.
    #[error("{error}")]
    ClockSkew {
        /// What is ahead, and how far it may be.
        error: String,
        /// The server's time.
        server_time: u64,
    },
    /// The caller does not belong to the organisation.
    #[error("you are no member of this organisation")]
    NotMember,
    /// The caller's account was deleted a moment ago.
    #[error(transparent)]
    AccountDeleted(#[from] AccountDeleted),
    /// It is not known whether the request took place.
    #[error("the request was interrupted")]
    Interrupted,
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A clock cannot advance.
    #[error("the server's clock cannot advance")]
    Clock(#[from] syncline_domain::hlc::HlcError),
}

impl SyncError {
    /// What somebody hears who lost the access after something was stored: no refusal of it, but that it is
    /// not known.
    pub(crate) fn not_known() -> Self {
        StoreError::Contention.into()
    }
}

/// Synchronises collections.
pub struct SyncService {
    store: Arc<dyn Store>,
    registry: ApplicationRegistry,
    cursors: CursorCodec,
    clock: ServerClock,
    limits: Limits,
    pushes: PushQueue,
    slow_pushes: PushQueue,
    pages: PageQueue,
}

impl SyncService {
    /// Puts the service together.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        registry: ApplicationRegistry,
        cursors: CursorCodec,
        clock: ServerClock,
        limits: Limits,
    ) -> Self {
        Self {
            store,
            registry,
            cursors,
            clock,
            limits,
            pushes: PushQueue::new(MOST_TOGETHER),
            slow_pushes: PushQueue::new(1),
            pages: PageQueue::new(SHARED_PAGES),
        }
    }

    /// Does what requests wait for, for ever: without it none that pushes or pulls is answered. Several
    /// may do so at once, each as a task of its own; the fewer, the more requests share a statement.
    /// Requests that take longer than a `moment` keep others waiting no longer than that.
    pub async fn work<Moment>(&self, moment: impl Fn() -> Moment)
    where
        Moment: Future<Output = ()>,
    {
        join(self.work_on_pushes(&moment), self.work_on_pages(&moment)).await;
    }

    /// Does the pushes that wait for locks of others, for ever.
    pub async fn work_aside(&self) {
        self.work_on_slow_pushes().await;
    }

    /// Stores the request's changes and begins its answer.
    ///
    /// # Errors
    /// [`SyncError`]; unless it is of the store, nothing was stored.
    pub async fn sync(self: Arc<Self>, request: WireRequest) -> Result<SyncAnswer, SyncError> {
        let request = Arc::new(self.check(request)?);
        let pushed = self.push(&request).await?;
        match self.pull(&request, pushed).await {
            Err(SyncError::NotMember) if !request.changes.is_empty() => Err(SyncError::not_known()),
            answer => answer,
        }
    }
}
