//! Access entries as they stand in JSON.

use serde::{Deserialize, Serialize};
use syncline_application::ports::{EntryQuery, StoredEntry};
use syncline_domain::{
    access::{Access, AccessChange, Share, Visibility},
    identifier::{ApplicationName, CollectionName, DocumentKey, OrganisationId, UserId},
};

use crate::error::{ApiError, ErrorCode};

/// The entry of a document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntryAnswer {
    doc_key: DocumentKey,
    user_id: UserId,
    app: ApplicationName,
    collection: CollectionName,
    visibility: Visibility,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<OrganisationId>,
    shared_with: Vec<WireShare>,
    /// The token itself is told only once.
    share_token: Option<&'static str>,
    created_at: String,
    updated_at: String,
}

/// A document shared with a user.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WireShare {
    user_id: UserId,
    app: Option<ApplicationName>,
    #[serde(default = "read")]
    access: Access,
}

fn read() -> Access {
    Access::Read
}

/// With whom a document is to be shared no more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireUnshare {
    user_id: UserId,
    app: Option<ApplicationName>,
}

/// A change of an entry.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EntryChange {
    visibility: Option<Visibility>,
    org_id: Option<OrganisationId>,
    #[serde(default)]
    shared_with: Vec<WireShare>,
    #[serde(default)]
    unshare: Vec<WireUnshare>,
}

/// The answer to whoever made a link.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MintedToken {
    pub(super) share_token: String,
    pub(super) entry: EntryAnswer,
}

impl EntryAnswer {
    pub(super) fn of(query: &EntryQuery, stored: StoredEntry) -> Self {
        let StoredEntry {
            collection,
            entry,
            is_implied: _,
            has_share_token,
            created_at,
            updated_at,
        } = stored;
        let share = |share: Share| WireShare {
            user_id: share.user,
            app: Some(query.application.clone()),
            access: share.access,
        };
        Self {
            doc_key: query.key.clone(),
            user_id: query.owner.clone(),
            app: query.application.clone(),
            collection,
            visibility: entry.visibility,
            org_id: entry.organisation,
            shared_with: entry.shares.into_iter().map(share).collect(),
            share_token: has_share_token.then_some("set"),
            created_at,
            updated_at,
        }
    }
}

impl EntryChange {
    /// The change, if all of it is about `application`: a document is shared in its own.
    pub(super) fn for_application(
        self,
        application: &ApplicationName,
    ) -> Result<AccessChange, ApiError> {
        let shared = self.shared_with.iter().map(|share| &share.app);
        let unshared = self.unshare.iter().map(|unshare| &unshare.app);
        let mut apps = shared.chain(unshared).flatten();
        if apps.any(|app| app != application) {
            let sentence = format!(
                "app: a document is shared in its own application, which is `{application}`"
            );
            return Err(ApiError::new(ErrorCode::BadRequest, sentence));
        }
        let share = |share: WireShare| Share {
            user: share.user_id,
            access: share.access,
        };
        Ok(AccessChange {
            visibility: self.visibility,
            organisation: self.org_id,
            share: self.shared_with.into_iter().map(share).collect(),
            unshare: self.unshare.into_iter().map(|it| it.user_id).collect(),
        })
    }
}
