//! What stands in a path or query of `/orgs`. An id that nobody can have is one that is not found.

use axum::{
    extract::{FromRequestParts, Path, Query, rejection::PathRejection},
    http::request::Parts,
};
use serde::{Deserialize, de::DeserializeOwned};
use syncline_application::organisations::PageRequest;
use syncline_domain::{identifier, identifier::UserId, organisation::Refusal};
use utoipa::IntoParams;

use crate::{
    error::{ApiError, ErrorCode},
    openapi::schema,
};

/// An organisation.
pub(in crate::routes) struct OrganisationPath(pub(in crate::routes) identifier::OrganisationId);

/// The path of an organisation.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(in crate::routes) struct OrganisationId {
    #[param(value_type = schema::OrganisationId)]
    org_id: String,
}

/// A member of an organisation.
pub(super) struct MemberPath(pub(super) identifier::OrganisationId, pub(super) UserId);

/// The path of a member.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(super) struct MemberIds {
    #[param(value_type = schema::OrganisationId)]
    org_id: String,
    #[param(value_type = schema::UserId)]
    user_id: String,
}

/// Part of a list.
pub(super) struct PageQuery(pub(super) PageRequest);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WirePage {
    /// The `nextCursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
    /// At most so many on a page.
    #[param(nullable = false, minimum = 1, maximum = 1_000)]
    limit: Option<u32>,
}

impl<S: Send + Sync> FromRequestParts<S> for OrganisationPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let OrganisationId { org_id } = names(parts, state).await?;
        organisation_id(&org_id).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MemberPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let MemberIds { org_id, user_id } = names(parts, state).await?;
        let member = UserId::new(&user_id).map_err(|_| Refusal::NoSuchMember)?;
        Ok(Self(organisation_id(&org_id)?, member))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PageQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let page = Query::<WirePage>::try_from_uri(&parts.uri);
        let Query(WirePage { cursor, limit }) =
            page.map_err(|error| ApiError::new(ErrorCode::BadRequest, error.body_text()))?;
        Ok(Self(PageRequest { cursor, limit }))
    }
}

async fn names<T, S>(parts: &mut Parts, state: &S) -> Result<T, ApiError>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    let names = Path::from_request_parts(parts, state).await;
    let Path(names) = names
        .map_err(|error: PathRejection| ApiError::new(ErrorCode::BadRequest, error.body_text()))?;
    Ok(names)
}

fn organisation_id(text: &str) -> Result<identifier::OrganisationId, ApiError> {
    identifier::OrganisationId::new(text).map_err(|_| Refusal::NotInIt.into())
}
