//! `/orgs/{orgId}/members`

use axum::{Json, extract::State, http::StatusCode};
use syncline_domain::organisation::Role;

use super::{
    path::{MemberIds, MemberPath, OrganisationId, OrganisationPath, PageQuery, WirePage},
    wire::{ChangedMember, MemberAnswer, MembersAnswer, NewMember},
};
use crate::{AppState, body::JsonBody, caller::Caller, error::ApiError, openapi::tags};

/// List an organisation's members
///
/// By user id, in pages.
#[utoipa::path(
    get,
    path = "/orgs/{orgId}/members",
    operation_id = "listMembers",
    tag = tags::ORGANISATIONS,
    security(("session" = [])),
    params(OrganisationId, WirePage),
    responses(
        (
            status = 200,
            description = "A page of members",
            body = MembersAnswer,
            example = json!({ "members": [
                {
                    "userId": "ada",
                    "role": "org-admin",
                    "createdAt": "2026-11-23T09:00:00.000Z",
                },
                {
                    "userId": "bob",
                    "role": "member",
                    "createdAt": "2026-11-23T09:00:00.000Z",
                },
            ] }),
        ),
        (
            status = 404,
            description = "`not_found`: there is no such organisation of the caller.",
            body = ApiError,
            example = json!({
                "error": "there is no organisation with this id that you belong to; `GET /orgs` lists yours",
                "code": "not_found",
            }),
        ),
    ),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    Caller(session): Caller,
    OrganisationPath(organisation): OrganisationPath,
    PageQuery(page): PageQuery,
) -> Result<Json<MembersAnswer>, ApiError> {
    let page = state
        .organisations
        .members(&session.user_id, &organisation, &page)
        .await?;
    Ok(Json(page.into()))
}

/// Add a member
///
/// Makes a user a member of the organisation. The user need not have signed in before.
#[utoipa::path(
    post,
    path = "/orgs/{orgId}/members",
    operation_id = "addMember",
    tag = tags::ORGANISATIONS,
    security(("session" = [])),
    params(OrganisationId),
    request_body(content = NewMember, example = json!({ "userId": "bob" })),
    responses(
        (
            status = 201,
            description = "The member",
            body = MemberAnswer,
            example = json!({
                "userId": "bob",
                "role": "member",
                "createdAt": "2026-11-23T09:00:00.000Z",
            }),
        ),
        (
            status = 403,
            description = "`forbidden`: only an admin may.",
            body = ApiError,
            example = json!({
                "error": "only an `org-admin` of the organisation may do this; ask one of them",
                "code": "forbidden",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: there is no such organisation of the caller.",
            body = ApiError,
            example = json!({
                "error": "there is no organisation with this id that you belong to; `GET /orgs` lists yours",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: the user is a member already.",
            body = ApiError,
            example = json!({
                "error": "this user is a member already; change the role with `PATCH`",
                "code": "conflict",
            }),
        ),
    ),
)]
pub(super) async fn add(
    State(state): State<AppState>,
    Caller(session): Caller,
    OrganisationPath(organisation): OrganisationPath,
    JsonBody(body): JsonBody<NewMember>,
) -> Result<(StatusCode, Json<MemberAnswer>), ApiError> {
    let role = body.role.unwrap_or(Role::Member);
    let added = state
        .organisations
        .add(&session.user_id, &organisation, &body.user_id, role)
        .await?;
    Ok((StatusCode::CREATED, Json(added.into())))
}

/// Change a member's role
///
/// Only admins change roles. The last admin stays one.
#[utoipa::path(
    patch,
    path = "/orgs/{orgId}/members/{userId}",
    operation_id = "changeMember",
    tag = tags::ORGANISATIONS,
    security(("session" = [])),
    params(MemberIds),
    request_body(content = ChangedMember, example = json!({ "role": "org-admin" })),
    responses(
        (
            status = 200,
            description = "The member",
            body = MemberAnswer,
            example = json!({
                "userId": "bob",
                "role": "org-admin",
                "createdAt": "2026-11-23T09:00:00.000Z",
            }),
        ),
        (
            status = 403,
            description = "`forbidden`: only an admin may.",
            body = ApiError,
            example = json!({
                "error": "only an `org-admin` of the organisation may do this; ask one of them",
                "code": "forbidden",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: there is no such organisation of the caller, or no such member.",
            body = ApiError,
            example = json!({
                "error": "this user is no member of the organisation; add the user first",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: an organisation always has an admin.",
            body = ApiError,
            example = json!({
                "error": "this is the last `org-admin` of the organisation; make another member one first, or delete the organisation",
                "code": "conflict",
            }),
        ),
    ),
)]
pub(super) async fn change(
    State(state): State<AppState>,
    Caller(session): Caller,
    MemberPath(organisation, member): MemberPath,
    JsonBody(body): JsonBody<ChangedMember>,
) -> Result<Json<MemberAnswer>, ApiError> {
    let changed = state
        .organisations
        .change(&session.user_id, &organisation, &member, body.role)
        .await?;
    Ok(Json(changed.into()))
}

/// Remove a member
///
/// Admins remove members, and members leave by removing themselves. The last admin stays.
#[utoipa::path(
    delete,
    path = "/orgs/{orgId}/members/{userId}",
    operation_id = "removeMember",
    tag = tags::ORGANISATIONS,
    security(("session" = [])),
    params(MemberIds),
    responses(
        (status = 204, description = "The user is no member any more"),
        (
            status = 403,
            description = "`forbidden`: only an admin may.",
            body = ApiError,
            example = json!({
                "error": "only an `org-admin` of the organisation may do this; ask one of them",
                "code": "forbidden",
            }),
        ),
        (
            status = 404,
            description = "`not_found`: there is no such organisation of the caller, or no such member.",
            body = ApiError,
            example = json!({
                "error": "this user is no member of the organisation; add the user first",
                "code": "not_found",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: an organisation always has an admin.",
            body = ApiError,
            example = json!({
                "error": "this is the last `org-admin` of the organisation; make another member one first, or delete the organisation",
                "code": "conflict",
            }),
        ),
    ),
)]
pub(super) async fn remove(
    State(state): State<AppState>,
    Caller(session): Caller,
    MemberPath(organisation, member): MemberPath,
) -> Result<StatusCode, ApiError> {
    state
        .organisations
        .remove(&session.user_id, &organisation, &member)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
