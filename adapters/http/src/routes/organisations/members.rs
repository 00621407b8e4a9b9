//! `/orgs/{orgId}/members`

use axum::{Json, extract::State, http::StatusCode};
use syncline_domain::organisation::Role;

use super::{
    path::{MemberPath, OrganisationPath, PageQuery},
    wire::{ChangedMember, MemberAnswer, MembersAnswer, NewMember},
};
use crate::{AppState, body::JsonBody, caller::Caller, error::ApiError};

/// `GET /orgs/{orgId}/members`: the members, by user id.
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

/// `POST /orgs/{orgId}/members`: makes a user a member.
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

/// `PATCH /orgs/{orgId}/members/{userId}`: gives a member another role.
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

/// `DELETE /orgs/{orgId}/members/{userId}`: removes a member, or leaves.
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
