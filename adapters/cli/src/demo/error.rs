use std::io;

use syncline_client::{ClientError, SyncInterrupted, TransportError};
use syncline_domain::identifier::IdentifierError;

use super::BrowserError;
use crate::server::ServerError;

/// Why the demonstration ended early.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Something was not as promised.
    #[error("a promise was not kept: {0}; what was expected and what came stands above")]
    Broken(String),
    /// The options do not fit.
    #[error("{0}")]
    Options(&'static str),
    /// There is no server to play on, or it did not end well.
    #[error("the demonstration's server: {0}")]
    Server(#[from] ServerError),
    /// A sync failed that should not.
    #[error(transparent)]
    Sync(#[from] SyncInterrupted),
    /// A request failed that should not.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// An edit failed that should not.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A browser did not arrive.
    #[error("signing in: {0}")]
    Browser(#[from] BrowserError),
    /// A name is none.
    #[error(transparent)]
    Name(#[from] IdentifierError),
    /// A request other than a sync got no answer.
    #[error("the server could not be asked: {0}")]
    Request(#[from] reqwest::Error),
    /// A request other than a sync was not answered as it should.
    #[error("the server answered {status} to {request}: {body}")]
    Answer {
        /// The request's method and path.
        request: String,
        /// The status of its answer.
        status: u16,
        /// The answer.
        body: String,
    },
    /// Nothing can be printed.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
    /// The user has seen enough.
    #[error("interrupted")]
    Interrupted,
}
