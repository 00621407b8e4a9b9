//! Which collection in which namespace.

use syncline_domain::identifier::{CollectionName, OrganisationId};

/// A collection in one namespace: the user's own, or an organisation's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The collection.
    pub collection: CollectionName,
    /// The organisation; none for the user's own namespace.
    pub organisation: Option<OrganisationId>,
}

impl Scope {
    /// As it stands in the file.
    pub(super) fn of(collection: String, organisation: String) -> rusqlite::Result<Self> {
        let wrong = |error| {
            let kind = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(0, kind, Box::new(error))
        };
        let organisation = (!organisation.is_empty()).then(|| organisation.try_into());
        Ok(Self {
            collection: collection.try_into().map_err(wrong)?,
            organisation: organisation.transpose().map_err(wrong)?,
        })
    }

    pub(super) fn collection_text(&self) -> &str {
        self.collection.as_str()
    }

    pub(super) fn organisation_text(&self) -> &str {
        self.organisation
            .as_ref()
            .map_or("", OrganisationId::as_str)
    }
}
