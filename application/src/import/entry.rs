use serde::Deserialize;
use syncline_domain::{
    access::{Access, AccessChange, Namespace, Share, Visibility},
    identifier::{ApplicationName, CollectionName, DocumentKey, OrganisationId, UserId},
};

use super::ImportRejection;
use crate::{
    access::AccessError,
    ports::EntryQuery,
    sync::{Rejection, RejectionCode},
};

/// An access entry as it stands in an export.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExportedEntry {
    doc_key: DocumentKey,
    app: ApplicationName,
    collection: CollectionName,
    visibility: Visibility,
    org_id: Option<OrganisationId>,
    #[serde(default)]
    shared_with: Vec<ExportedShare>,
}

/// A user with whom the document was shared.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExportedShare {
    user_id: UserId,
    access: Access,
}

impl ExportedEntry {
    /// What it says that is not so anyway, if `owner` now owns the document.
    pub(super) fn change(&self, owner: &UserId) -> Option<AccessChange> {
        let others = self.shared_with.iter();
        let share = others
            .filter(|share| share.user_id != *owner)
            .map(|share| Share {
                user: share.user_id.clone(),
                access: share.access,
            });
        let share: Vec<_> = share.collect();
        if self.visibility == Visibility::Private && share.is_empty() {
            return None;
        }
        Some(AccessChange {
            visibility: Some(self.visibility),
            organisation: self
                .org_id
                .clone()
                .filter(|_| self.visibility == Visibility::Org),
            share,
            unshare: Vec::new(),
        })
    }

    /// Whether it is about this document.
    pub(super) fn is_of(&self, application: &str, collection: &CollectionName, key: &str) -> bool {
        let own = (self.app.as_str(), &self.collection, self.doc_key.as_str());
        own == (application, collection, key)
    }

    /// The document that it is about.
    pub(super) fn query(&self, owner: &UserId) -> EntryQuery {
        EntryQuery {
            namespace: Namespace::Personal(owner.clone()),
            owner: owner.clone(),
            application: self.app.clone(),
            collection: Some(self.collection.clone()),
            key: self.doc_key.clone(),
        }
    }

    /// It cannot be stored.
    pub(super) fn refuse(self, error: &AccessError) -> ImportRejection {
        let code = match error {
            AccessError::NotFound => RejectionCode::NotFound,
            _ => RejectionCode::BadRequest,
        };
        ImportRejection {
            line: None,
            app: Some(self.app.into()),
            collection: Some(self.collection.into()),
            rejection: Rejection {
                key: Some(self.doc_key.into()),
                ..Rejection::of(code, format!("docIndex: {error}"))
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use syncline_domain::{access::Visibility, identifier::UserId};

    use super::ExportedEntry;

    fn entry(visibility: &str, users: &[&str]) -> ExportedEntry {
        let shares: Vec<_> = users
            .iter()
            .map(|user| json!({ "userId": user, "app": "todo", "access": "write" }))
            .collect();
        let entry = json!({
            "docKey": "1", "userId": "ada", "app": "todo", "collection": "notes",
            "visibility": visibility, "orgId": "acme", "sharedWith": shares, "shareToken": "set",
        });
        serde_json::from_value(entry).unwrap()
    }

    #[test]
    fn what_is_so_anyway_is_no_change() {
        let ada = UserId::new("ada").unwrap();
        assert_eq!(entry("private", &[]).change(&ada), None);
        assert_eq!(entry("private", &["ada"]).change(&ada), None);
        let public = entry("public", &["ada", "max"]).change(&ada).unwrap();
        assert_eq!(public.visibility, Some(Visibility::Public));
        assert_eq!(public.organisation, None);
        let users: Vec<_> = public
            .share
            .iter()
            .map(|share| share.user.as_str())
            .collect();
        assert_eq!(users, ["max"]);
        let org = entry("org", &[]).change(&ada).unwrap();
        assert!(org.organisation.is_some());
    }
}
