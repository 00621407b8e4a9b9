use syncline_domain::identifier::{ApplicationName, CollectionName, OrganisationId, UserId};

use super::SubjectHash;

/// That something has changed. It never says what, and names users by hashes alone: everybody who
/// may connect to the database can hear it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Poke {
    /// Anything may have, unheard.
    Anything,
    /// Accounts were deleted.
    Accounts,
    /// Who belongs to an organisation: this user, or none for any of its members.
    Membership {
        /// The organisation.
        organisation: OrganisationId,
        /// Whose membership it is.
        user: Option<SubjectHash>,
    },
    /// Documents of a collection, or who may see them.
    Documents {
        /// Who is told.
        audience: Audience,
        /// The application.
        application: ApplicationName,
        /// The collection.
        collection: CollectionName,
    },
}

/// Who is told of a change, and in which namespace their syncs will find it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// A user, in the user's own.
    User(SubjectHash),
    /// The members of an organisation, in the organisation's.
    Members(OrganisationId),
    /// The members of an organisation, each in their own: somebody shows them a document.
    Readers(OrganisationId),
    /// Everybody, each in their own.
    Everybody,
}

/// An organisation and one of its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Who belongs to it.
    pub user: UserId,
    /// The organisation.
    pub organisation: OrganisationId,
}
