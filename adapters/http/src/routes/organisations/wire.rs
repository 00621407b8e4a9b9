//! The bodies of `/orgs`, as they stand in JSON.

use serde::{Deserialize, Serialize};
use syncline_application::{
    organisations::Page,
    ports::{Member, Organisation},
};
use syncline_domain::{
    identifier::{OrganisationId, UserId},
    organisation::{OrganisationName, Role},
};
use utoipa::ToSchema;

use crate::openapi::schema;

/// An organisation to found.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewOrganisation {
    /// 1 to 100 characters without control characters. Space around it does not count.
    #[schema(value_type = String, min_length = 1, pattern = r"^\s*[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]{0,98}[^\s\u0000-\u001f\u007f-\u009f])?\s*$")]
    pub(super) name: OrganisationName,
}

/// A user to add.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewMember {
    #[schema(value_type = schema::UserId)]
    pub(super) user_id: UserId,
    /// Without it, `member`.
    #[schema(value_type = Option<schema::Role>)]
    pub(super) role: Option<Role>,
}

/// What a member is to be.
#[derive(Deserialize, ToSchema)]
pub(super) struct ChangedMember {
    #[schema(value_type = schema::Role)]
    pub(super) role: Role,
}

/// An organisation that the caller belongs to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Organisation)]
pub(super) struct OrganisationAnswer {
    #[schema(value_type = schema::OrganisationId)]
    org_id: OrganisationId,
    name: String,
    /// The caller's.
    #[schema(value_type = schema::Role)]
    role: Role,
    #[schema(value_type = schema::Time)]
    created_at: String,
}

/// A page of organisations.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrganisationPage)]
pub(super) struct OrganisationsAnswer {
    orgs: Vec<OrganisationAnswer>,
    /// Leads to the next page; missing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_cursor: Option<String>,
}

/// A member of an organisation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
pub(in crate::routes) struct MemberAnswer {
    #[schema(value_type = schema::UserId)]
    user_id: UserId,
    #[schema(value_type = schema::Role)]
    role: Role,
    /// When the user became a member.
    #[schema(value_type = schema::Time)]
    created_at: String,
}

/// A page of members.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MemberPage)]
pub(super) struct MembersAnswer {
    members: Vec<MemberAnswer>,
    /// Leads to the next page; missing on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_cursor: Option<String>,
}

impl From<Organisation> for OrganisationAnswer {
    fn from(organisation: Organisation) -> Self {
        Self {
            org_id: organisation.id,
            name: organisation.name,
            role: organisation.role,
            created_at: organisation.created_at,
        }
    }
}

impl From<Page<Organisation>> for OrganisationsAnswer {
    fn from(page: Page<Organisation>) -> Self {
        Self {
            orgs: page.items.into_iter().map(Into::into).collect(),
            next_cursor: page.next_cursor,
        }
    }
}

impl From<Member> for MemberAnswer {
    fn from(member: Member) -> Self {
        Self {
            user_id: member.user_id,
            role: member.role,
            created_at: member.created_at,
        }
    }
}

impl From<Page<Member>> for MembersAnswer {
    fn from(page: Page<Member>) -> Self {
        Self {
            members: page.items.into_iter().map(Into::into).collect(),
            next_cursor: page.next_cursor,
        }
    }
}
