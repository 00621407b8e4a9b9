//! `/orgs`: organisations and their members.

mod members;
mod path;
mod wire;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{AppState, body::JsonBody, caller::Caller, error::ApiError, openapi::tags};
use path::{PageQuery, WirePage};
use wire::{NewOrganisation, OrganisationAnswer, OrganisationsAnswer};

pub(super) use path::{OrganisationId, OrganisationPath};
pub(super) use wire::MemberAnswer;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, delete))
        .routes(routes!(members::list, members::add))
        .routes(routes!(members::change, members::remove))
}

/// Found an organisation
///
/// The caller becomes its first admin. Names are compared without their case and the space around
/// them.
#[utoipa::path(
    post,
    path = "/orgs",
    operation_id = "createOrganisation",
    tag = tags::ORGANISATIONS,
    security(("session" = [])),
    request_body(content = NewOrganisation, example = json!({ "name": "Acme" })),
    responses(
        (
            status = 201,
            description = "The organisation",
            body = OrganisationAnswer,
            example = json!({
                "orgId": "0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11",
                "name": "Acme",
                "role": "org-admin",
                "createdAt": "2026-11-23T09:00:00.000Z",
            }),
        ),
        (
            status = 403,
            description = "`forbidden`: the server's operator does not allow it.",
            body = ApiError,
            example = json!({
                "error": "organisations cannot be created on this server; ask its operator, who can set `orgs.registerable`",
                "code": "forbidden",
            }),
        ),
        (
            status = 409,
            description = "`conflict`: another organisation has the name.",
            body = ApiError,
            example = json!({
                "error": "name: another organisation has it already; choose another",
                "code": "conflict",
            }),
        ),
    ),
)]
async fn create(
    State(state): State<AppState>,
    Caller(session): Caller,
    JsonBody(body): JsonBody<NewOrganisation>,
) -> Result<(StatusCode, Json<OrganisationAnswer>), ApiError> {
    let created = state.organisations.create(&session, &body.name).await?;
    Ok((StatusCode::CREATED, Json(created.into())))
}

/// List the caller's organisations
///
/// By name, in pages.
#[utoipa::path(
    get,
    path = "/orgs",
    operation_id = "listOrganisations",
    tag = tags::ORGANISATIONS,
    security(("session" = [])),
    params(WirePage),
    responses(
        (
            status = 200,
            description = "A page of organisations",
            body = OrganisationsAnswer,
            example = json!({ "orgs": [{
                "orgId": "0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11",
                "name": "Acme",
                "role": "org-admin",
                "createdAt": "2026-11-23T09:00:00.000Z",
            }] }),
        ),
    ),
)]
async fn list(
    State(state): State<AppState>,
    Caller(session): Caller,
    PageQuery(page): PageQuery,
) -> Result<Json<OrganisationsAnswer>, ApiError> {
    let page = state.organisations.list(&session.user_id, &page).await?;
    Ok(Json(page.into()))
}

/// Read an organisation
///
/// One that the caller belongs to.
#[utoipa::path(
    get,
    path = "/orgs/{orgId}",
    operation_id = "getOrganisation",
    tag = tags::ORGANISATIONS,
    security(("session" = [])),
    params(OrganisationId),
    responses(
        (
            status = 200,
            description = "The organisation",
            body = OrganisationAnswer,
            example = json!({
                "orgId": "0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11",
                "name": "Acme",
                "role": "org-admin",
                "createdAt": "2026-11-23T09:00:00.000Z",
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
    ),
)]
async fn show(
    State(state): State<AppState>,
    Caller(session): Caller,
    OrganisationPath(organisation): OrganisationPath,
) -> Result<Json<OrganisationAnswer>, ApiError> {
    let found = state
        .organisations
        .get(&session.user_id, &organisation)
        .await?;
    Ok(Json(found.into()))
}

/// Delete an organisation
///
/// Deletes the organisation with all its documents, at once and for ever.
#[utoipa::path(
    delete,
    path = "/orgs/{orgId}",
    operation_id = "deleteOrganisation",
    tag = tags::ORGANISATIONS,
    security(("session" = [])),
    params(OrganisationId),
    responses(
        (status = 204, description = "Everything is gone"),
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
    ),
)]
async fn delete(
    State(state): State<AppState>,
    Caller(session): Caller,
    OrganisationPath(organisation): OrganisationPath,
) -> Result<StatusCode, ApiError> {
    // A large organisation takes longer than a caller waits: its end goes on all the same.
    let organisations = state.organisations.clone();
    let deletion =
        tokio::spawn(async move { organisations.delete(&session.user_id, &organisation).await });
    deletion
        .await
        .map_err(|error| ApiError::internal(&error))??;
    Ok(StatusCode::NO_CONTENT)
}
