//! Who may see and who may write a document.
//!
//! A document is in the namespace of a user or of an organisation, whose members all may read and
//! write it. Its access entry says who else may: nobody, the users that it names, the members of
//! one organisation, or everybody.

mod change;

use serde::{Deserialize, Serialize};

pub use change::{AccessChange, AccessChangeError, MAX_SHARES, RouteReader};

use crate::identifier::{OrganisationId, UserId};

/// What somebody may do with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// See it.
    Read,
    /// See and change it.
    Write,
}

/// To whom a document is visible beside those to whose namespace it belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// To nobody, whoever it was shared with.
    #[default]
    Private,
    /// To those with whom it is shared.
    Shared,
    /// To the members of an organisation, and to those with whom it is shared.
    Org,
    /// To everybody.
    Public,
}

/// Whose documents are meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// A user's own.
    Personal(UserId),
    /// Those that the members of an organisation have in common.
    Organisation(OrganisationId),
}

impl Namespace {
    /// The id of the user or the organisation.
    #[must_use]
    pub fn owner(&self) -> &str {
        match self {
            Self::Personal(user) => user.as_str(),
            Self::Organisation(organisation) => organisation.as_str(),
        }
    }
}

/// A document shared with a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// With whom.
    pub user: UserId,
    /// For what.
    pub access: Access,
}

/// What is said of a document's readers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessEntry {
    /// To whom it is visible.
    pub visibility: Visibility,
    /// The organisation meant by [`Visibility::Org`].
    pub organisation: Option<OrganisationId>,
    /// With whom it is shared; each user at most once.
    pub shares: Vec<Share>,
}

/// Somebody who asks for a document.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Who.
    pub user: &'a UserId,
    /// The organisations whose member the user is.
    pub organisations: &'a [OrganisationId],
}

/// What `reader` may do with a document in `namespace`; none if it must not be known to exist.
#[must_use]
pub fn access(namespace: &Namespace, entry: &AccessEntry, reader: Reader<'_>) -> Option<Access> {
    if belongs(namespace, reader) {
        return Some(Access::Write);
    }
    let shared = entry
        .shares
        .iter()
        .find(|share| share.user == *reader.user)
        .map(|share| share.access);
    let is_member = |organisation| reader.organisations.contains(organisation);
    match entry.visibility {
        Visibility::Private => None,
        Visibility::Shared => shared,
        Visibility::Org => {
            let as_member = entry.organisation.as_ref().is_some_and(is_member);
            shared.max(as_member.then_some(Access::Read))
        }
        Visibility::Public => shared.max(Some(Access::Read)),
    }
}

/// Whether the namespace is the reader's, alone or with the other members of an organisation.
fn belongs(namespace: &Namespace, reader: Reader<'_>) -> bool {
    match namespace {
        Namespace::Personal(owner) => owner == reader.user,
        Namespace::Organisation(organisation) => reader.organisations.contains(organisation),
    }
}

#[cfg(test)]
mod tests;
