//! How a document is named.

use std::fmt;

use serde::{Deserialize, Serialize};
use syncline_domain::identifier::{DocumentKey, IdentifierError, UserId};

/// Which document of a collection: its key, and whose it is if it is another user's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocumentId {
    /// The user who shares it; none for a document of the client's own namespace, of which a server names no
    /// owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// Its key.
    pub key: DocumentKey,
}

impl DocumentId {
    /// A document of the client's own namespace.
    ///
    /// # Errors
    /// When `key` is not a key.
    pub fn own(key: &str) -> Result<Self, IdentifierError> {
        Ok(Self {
            owner: None,
            key: DocumentKey::new(key)?,
        })
    }

    /// A document that `owner` shares.
    ///
    /// # Errors
    /// When `owner` is not a user id or `key` is not a key.
    pub fn of(owner: &str, key: &str) -> Result<Self, IdentifierError> {
        Ok(Self {
            owner: Some(UserId::new(owner)?),
            key: DocumentKey::new(key)?,
        })
    }
}

/// A document of the client's own namespace, by its key.
impl TryFrom<&str> for DocumentId {
    type Error = IdentifierError;

    fn try_from(key: &str) -> Result<Self, IdentifierError> {
        Self::own(key)
    }
}

impl From<&Self> for DocumentId {
    fn from(id: &Self) -> Self {
        id.clone()
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.owner {
            Some(owner) => write!(formatter, "{} of {owner}", self.key),
            None => write!(formatter, "{}", self.key),
        }
    }
}
