//! `/orgs`: organisations and their members.

mod members;
mod path;
mod wire;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, patch},
};

use crate::{AppState, body::JsonBody, caller::Caller, error::ApiError};
use path::PageQuery;

pub(super) use path::OrganisationPath;

use wire::{NewOrganisation, OrganisationAnswer, OrganisationsAnswer};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/orgs", get(list).post(create))
        .route("/orgs/{organisation}", get(show).delete(delete))
        .route(
            "/orgs/{organisation}/members",
            get(members::list).post(members::add),
        )
        .route(
            "/orgs/{organisation}/members/{user}",
            patch(members::change).delete(members::remove),
        )
}

/// `POST /orgs`: founds an organisation, of which the caller is the first admin.
async fn create(
    State(state): State<AppState>,
    Caller(session): Caller,
    JsonBody(body): JsonBody<NewOrganisation>,
) -> Result<(StatusCode, Json<OrganisationAnswer>), ApiError> {
    let created = state
        .organisations
        .create(&session.user_id, &body.name)
        .await?;
    Ok((StatusCode::CREATED, Json(created.into())))
}

/// `GET /orgs`: the organisations that the caller belongs to, by name.
async fn list(
    State(state): State<AppState>,
    Caller(session): Caller,
    PageQuery(page): PageQuery,
) -> Result<Json<OrganisationsAnswer>, ApiError> {
    let page = state.organisations.list(&session.user_id, &page).await?;
    Ok(Json(page.into()))
}

/// `GET /orgs/{orgId}`: an organisation that the caller belongs to.
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

/// `DELETE /orgs/{orgId}`: removes the organisation with all its documents.
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
