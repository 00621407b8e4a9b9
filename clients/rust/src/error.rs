//! Why the core did not do what it was asked.

use syncline_domain::{document::Violation, hlc::HlcError};

/// Why a client did not do what it was asked; its documents are as they were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// No server would store the document.
    #[error("the document cannot be stored: {}", sentence(.0))]
    Document(Vec<Violation>),
    /// A request is under way.
    #[error("a sync is under way; apply its answer or abandon it first")]
    InFlight,
    /// There is no request that an answer could belong to.
    #[error("no sync is under way that this answer could belong to; begin one first")]
    NotInFlight,
    /// Another version of this library wrote the snapshot.
    #[error("the snapshot has version {0} and this client reads version 1; update the client")]
    SnapshotVersion(u32),
    /// The clock cannot advance.
    #[error("the device's clock cannot advance: {0}")]
    Clock(#[from] HlcError),
}

fn sentence(violations: &[Violation]) -> String {
    let places: Vec<_> = violations
        .iter()
        .map(|violation| format!("`{}`: {}", violation.path, violation.rule))
        .collect();
    places.join("; ")
}
