//! Changes to what is said of a document's readers.

use std::collections::BTreeMap;

use super::{Access, AccessEntry, Share, Visibility};
use crate::identifier::{OrganisationId, UserId};

/// With how many users a document can be shared.
pub const MAX_SHARES: usize = 1_000;

/// What the owner of a document changes of its entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessChange {
    /// To whom it is to be visible. Sharing a private document makes it a shared one.
    pub visibility: Option<Visibility>,
    /// The organisation meant by [`Visibility::Org`].
    pub organisation: Option<OrganisationId>,
    /// With whom it is to be shared from now on, for what.
    pub share: Vec<Share>,
    /// With whom it is to be shared no more.
    pub unshare: Vec<UserId>,
}

/// Why a change is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessChangeError {
    /// Nobody shares with themselves.
    #[error("sharedWith: the owner of a document has it anyway")]
    WithOwner,
    /// Too many users.
    #[error("sharedWith: a document is shared with at most {MAX_SHARES} users")]
    TooMany,
    /// It does not say which of several organisations it means.
    #[error("orgId: with the visibility `org` it names one of your organisations")]
    WhichOrganisation,
    /// The owner is no member of it.
    #[error("orgId: you are no member of this organisation")]
    NotAMember,
    /// An organisation without the visibility that it is for.
    #[error("orgId: it stands only with the visibility `org`")]
    OrganisationWithoutVisibility,
}

impl AccessEntry {
    /// The entry with `change` made by `owner`, who belongs to `organisations`.
    ///
    /// # Errors
    /// [`AccessChangeError`].
    pub fn changed(
        &self,
        change: &AccessChange,
        owner: &UserId,
        organisations: &[OrganisationId],
    ) -> Result<Self, AccessChangeError> {
        let shares = self.changed_shares(change, owner)?;
        let visibility = match change.visibility {
            Some(visibility) => visibility,
            None if self.visibility == Visibility::Private && !change.share.is_empty() => {
                Visibility::Shared
            }
            None => self.visibility,
        };
        let is_named = change.visibility.is_some() || change.organisation.is_some();
        let organisation = match visibility {
            // Whoever has left it since may still change what is said of others.
            Visibility::Org if !is_named => self.organisation.clone(),
            Visibility::Org => Some(self.which_organisation(change, organisations)?),
            _ if change.organisation.is_some() => {
                return Err(AccessChangeError::OrganisationWithoutVisibility);
            }
            _ => None,
        };
        Ok(Self {
            visibility,
            organisation,
            shares,
        })
    }

    fn changed_shares(
        &self,
        change: &AccessChange,
        owner: &UserId,
    ) -> Result<Vec<Share>, AccessChangeError> {
        if change.share.iter().any(|share| share.user == *owner) {
            return Err(AccessChangeError::WithOwner);
        }
        let shares = self.shares.iter().chain(&change.share);
        let mut by_user: BTreeMap<_, _> = shares
            .map(|share| (share.user.clone(), share.access))
            .collect();
        for user in &change.unshare {
            by_user.remove(user);
        }
        if by_user.len() > MAX_SHARES {
            return Err(AccessChangeError::TooMany);
        }
        let share = |(user, access)| Share { user, access };
        Ok(by_user.into_iter().map(share).collect())
    }

    /// The one that is named, was named before, or is the owner's only one.
    fn which_organisation(
        &self,
        change: &AccessChange,
        organisations: &[OrganisationId],
    ) -> Result<OrganisationId, AccessChangeError> {
        let named = change.organisation.as_ref().or(self.organisation.as_ref());
        match (named, organisations) {
            (Some(named), _) if organisations.contains(named) => Ok(named.clone()),
            (Some(_), _) => Err(AccessChangeError::NotAMember),
            (None, [only]) => Ok(only.clone()),
            (None, _) => Err(AccessChangeError::WhichOrganisation),
        }
    }
}

/// Who reaches a document by a route of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteReader {
    /// A user with whom it is shared.
    User(UserId),
    /// The members of an organisation.
    Organisation(OrganisationId),
    /// Everybody.
    Everybody,
}

impl AccessEntry {
    /// The routes that the entry opens: whoever they lead to the document is who [`super::access`]
    /// lets see it.
    #[must_use]
    pub fn routes(&self) -> Vec<(RouteReader, Access)> {
        if self.visibility == Visibility::Private {
            return Vec::new();
        }
        let shared = self.shares.iter();
        let mut routes: Vec<_> = shared
            .map(|share| (RouteReader::User(share.user.clone()), share.access))
            .collect();
        if let (Visibility::Org, Some(organisation)) = (self.visibility, &self.organisation) {
            let reader = RouteReader::Organisation(organisation.clone());
            routes.push((reader, Access::Read));
        }
        if self.visibility == Visibility::Public {
            routes.push((RouteReader::Everybody, Access::Read));
        }
        routes
    }
}
