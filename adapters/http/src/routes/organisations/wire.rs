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

/// `{ name }`
#[derive(Deserialize)]
pub(super) struct NewOrganisation {
    pub(super) name: OrganisationName,
}

/// `{ userId, role? }`; `member` without a role.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewMember {
    pub(super) user_id: UserId,
    pub(super) role: Option<Role>,
}

/// `{ role }`
#[derive(Deserialize)]
pub(super) struct ChangedMember {
    pub(super) role: Role,
}

/// `{ orgId, name, role, createdAt }`: the role is the caller's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrganisationAnswer {
    org_id: OrganisationId,
    name: String,
    role: Role,
    created_at: String,
}

/// `{ orgs[], nextCursor? }`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrganisationsAnswer {
    orgs: Vec<OrganisationAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// `{ userId, role, createdAt }`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemberAnswer {
    user_id: UserId,
    role: Role,
    created_at: String,
}

/// `{ members[], nextCursor? }`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MembersAnswer {
    members: Vec<MemberAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
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
