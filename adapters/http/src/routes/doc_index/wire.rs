//! Access entries as they stand in JSON.

use serde::{Deserialize, Serialize};
use syncline_application::ports::{EntryQuery, StoredEntry};
use syncline_domain::{
    access::{Access, AccessChange, Share, Visibility},
    identifier::{ApplicationName, CollectionName, DocumentKey, OrganisationId, UserId},
};
use utoipa::ToSchema;

use crate::{
    error::{ApiError, ErrorCode},
    openapi::schema,
};

/// Who may see a document beside its owner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccessEntry)]
pub(in crate::routes) struct EntryAnswer {
    #[schema(value_type = schema::DocumentKey)]
    doc_key: DocumentKey,
    /// The owner. Of an organisation's document: who made it, or, once that account is gone, the
    /// organisation's id.
    #[schema(value_type = schema::UserId)]
    user_id: String,
    #[schema(value_type = schema::ApplicationName)]
    app: ApplicationName,
    #[schema(value_type = schema::CollectionName)]
    collection: CollectionName,
    #[schema(value_type = schema::Visibility)]
    visibility: Visibility,
    /// The organisation whose members see it, with the visibility `org`; otherwise missing, or `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::OrganisationId>)]
    org_id: Option<OrganisationId>,
    /// The users with whom it is shared.
    shared_with: Vec<WireShare>,
    /// `set` where there is a link. Its token is told only once, to whoever makes it.
    #[schema(required = true, pattern = "^set$")]
    share_token: Option<&'static str>,
    #[schema(value_type = schema::Time)]
    created_at: String,
    #[schema(value_type = schema::Time)]
    updated_at: String,
}

/// A document shared with a user.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Share)]
pub(super) struct WireShare {
    #[schema(value_type = schema::UserId)]
    user_id: UserId,
    /// The document's own application.
    #[schema(value_type = Option<schema::ApplicationName>)]
    app: Option<ApplicationName>,
    /// Without it, `read`.
    #[serde(default = "read")]
    #[schema(value_type = schema::Access)]
    access: Access,
}

fn read() -> Access {
    Access::Read
}

/// With whom a document is to be shared no more.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Unshare)]
struct WireUnshare {
    #[schema(value_type = schema::UserId)]
    user_id: UserId,
    /// The document's own application.
    #[schema(value_type = Option<schema::ApplicationName>)]
    app: Option<ApplicationName>,
}

/// What is to change of who may see a document.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AccessChange)]
pub(super) struct EntryChange {
    #[schema(value_type = Option<schema::Visibility>)]
    visibility: Option<Visibility>,
    /// With the visibility `org`: one of the owner's organisations, needed where there are several.
    #[schema(value_type = Option<schema::OrganisationId>)]
    org_id: Option<OrganisationId>,
    /// Users with whom the document is to be shared, or shared differently.
    #[serde(default)]
    shared_with: Vec<WireShare>,
    /// Users with whom it is to be shared no more.
    #[serde(default)]
    unshare: Vec<WireUnshare>,
}

/// A link that was made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShareToken)]
pub(super) struct MintedToken {
    /// The link's token, told this once.
    pub(super) share_token: String,
    pub(super) entry: EntryAnswer,
}

impl EntryAnswer {
    pub(super) fn of(query: &EntryQuery, stored: StoredEntry) -> Self {
        let StoredEntry {
            collection,
            author,
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
        let owner = author.as_ref().map(UserId::as_str);
        Self {
            doc_key: query.key.clone(),
            user_id: owner.unwrap_or(query.namespace.owner()).to_owned(),
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
