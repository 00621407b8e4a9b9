//! Why a store did not do what it was asked.

use std::{convert::Infallible, sync::Arc};

use syncline_domain::{document::Violation, identifier::IdentifierError};

use crate::{ClientError, TransportError};

/// Why a store did not do what it was asked; nothing was lost.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// An argument is wrong.
    #[error("{0}")]
    Options(String),
    /// No server would store the document.
    #[error("{}", ClientError::Document(.0.clone()))]
    Document(Vec<Violation>),
    /// Another process uses the file, or a collection of a store that was dropped and not closed.
    #[error(
        "the file of the store is in use, by another process or by a collection of a store that was \
         dropped and not closed: close that one first"
    )]
    Blocked,
    /// The device is full: the edit, or a new file, was not made. What is in a file can be read.
    #[error("there is no space left on this device: free some and try again")]
    DiskFull,
    /// The file cannot be read or written.
    #[error("the file of the store does not work: {0}")]
    Storage(String),
    /// Edits would be lost.
    #[error("{0} documents have edits that the server has not stored: sync first, or discard them")]
    Unsent(u64),
    /// The store was opened without the network.
    #[error("the store was opened offline: open it again with the network")]
    Offline,
    /// The store was closed.
    #[error("the store is closed: open it again")]
    Closed,
    /// The core could not go on.
    #[error(transparent)]
    Client(ClientError),
    /// There is no answer from the server.
    #[error("{0}")]
    Transport(Arc<TransportError>),
    /// The application could not give a new token.
    #[error("there is no new token: {0}; sign in again")]
    NoToken(Arc<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Whether only one scope is concerned: the others can be synchronised still.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Transport(error) if matches!(**error, TransportError::Refused { .. }))
    }

    /// Whether the user has to sign in again.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        let is_refused =
            |error: &TransportError| matches!(error, TransportError::Unauthorized { .. });
        match self {
            Self::Transport(error) => is_refused(error),
            Self::NoToken(_) => true,
            _ => false,
        }
    }
}

impl From<ClientError> for StoreError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Document(violations) => Self::Document(violations),
            error => Self::Client(error),
        }
    }
}

impl From<TransportError> for StoreError {
    fn from(error: TransportError) -> Self {
        match error {
            // To try again would not help.
            TransportError::Setup(rule) => Self::Options(rule),
            error => Self::Transport(Arc::new(error)),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Storage(error.to_string())
    }
}

impl From<IdentifierError> for StoreError {
    fn from(error: IdentifierError) -> Self {
        Self::Options(error.to_string())
    }
}

impl From<Infallible> for StoreError {
    fn from(error: Infallible) -> Self {
        match error {}
    }
}
