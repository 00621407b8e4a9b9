//! What applications are told.

use std::{sync::Arc, time::Duration};

use super::{error::StoreError, scope::Scope};
use crate::{DocumentId, wire::ReportedConflict};

/// What a store tells of its own accord.
#[derive(Clone, Debug)]
pub enum StoreEvent {
    /// A field that both sides changed, with both values. It is resolved already; the loser can be
    /// set again. It waits in the file until everybody who listens has asked for the event after it;
    /// after the next start it comes a second time otherwise. (While nobody listens at all, no more
    /// than the last 10,000 wait, and those of the last answer.)
    Conflict {
        /// Where.
        scope: Scope,
        /// What was decided, and both values.
        conflict: Box<ReportedConflict>,
    },
    /// Documents that the server did not store. They are kept; `Collection::rejected` tells why.
    Rejected {
        /// Where.
        scope: Scope,
        /// Which.
        documents: Vec<DocumentId>,
    },
    /// How far a pull has come.
    Progress {
        /// Of what.
        scope: Scope,
        /// So many documents have come.
        received: usize,
        /// Whether no more are coming.
        is_complete: bool,
    },
    /// The session has a new token: keep it for the next start.
    Token(String),
    /// The user signed out, and the store is closed.
    SignedOut,
}

/// How the synchronisation is doing.
#[derive(Clone, Debug, Default)]
pub enum Status {
    /// Nothing is to be done.
    #[default]
    Idle,
    /// It is under way.
    Syncing,
    /// Nothing is to be done, but the server refused a collection: `Store::sync` gives the error as
    /// well. It is asked again with the next regular pull.
    Refused {
        /// Why the first of them was refused.
        error: Arc<StoreError>,
    },
    /// It failed, and is tried again.
    Waiting {
        /// Why it failed.
        error: Arc<StoreError>,
        /// After so long.
        retry_after: Duration,
    },
    /// Nothing is synchronised any longer: the store was closed, or the application's own code, which gives
    /// tokens and tells the time, has panicked.
    Closed,
}
