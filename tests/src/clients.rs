//! Clients of both languages, as tests drive them: in processes of their own, which can be killed.

mod child;
mod driver;
mod remote;

use std::collections::{BTreeMap, BTreeSet};

use syncline_client::{Access, Document, DocumentId, TransportError, UserId};

pub use child::{Child, Language, compile_typescript};
pub use driver::drive;
pub use remote::Remote;

/// A document as a device names it: another's user or organisation, or nobody for its own namespace.
pub type Id = (Option<String>, String);

/// What a device shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Its documents, and what it may do with those of others.
    pub documents: BTreeMap<Id, (Document, Option<Access>)>,
    /// How many documents wait for the server, rejected ones included.
    pub unsent: usize,
    /// The documents that the server did not store.
    pub rejected: BTreeSet<Id>,
}

/// Why a device could not do what it was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// The server was not reached, or could not answer.
    Away(String),
    /// The user is not in the organisation.
    Outside,
    /// The user's account was deleted.
    Gone,
    /// The program was killed.
    Killed,
    /// It should not have happened.
    Wrong(String),
}

/// Where a device's documents are.
#[derive(Clone, Debug)]
pub struct Place {
    /// The server.
    pub url: String,
    /// The session.
    pub token: String,
    /// Whose device it is.
    pub user: String,
    /// The organisation; none for the user's own documents.
    pub organisation: Option<String>,
    /// The collection.
    pub collection: String,
    /// How many documents it takes at a time.
    pub page: u32,
}

/// What an error of the Rust client means.
pub(crate) fn trouble(error: &TransportError) -> Trouble {
    match error {
        TransportError::Network(_)
        | TransportError::Answer(_)
        | TransportError::Unavailable { .. } => Trouble::Away(error.to_string()),
        TransportError::Refused { status: 403, .. } => Trouble::Outside,
        TransportError::Unauthorized { .. } => Trouble::Gone,
        _ => Trouble::Wrong(error.to_string()),
    }
}

/// The document as the Rust client names it.
pub(crate) fn document_id((owner, key): &Id) -> DocumentId {
    let mut id = DocumentId::own(key).expect("it is a key");
    id.owner = owner
        .as_deref()
        .map(|owner| UserId::new(owner).expect("it is a user"));
    id
}
