//! What stands in a path or query of `/orgs`. An id that nobody can have is one that is not found.

use axum::{
    extract::{FromRequestParts, Path, Query, rejection::PathRejection},
    http::request::Parts,
};
use serde::{Deserialize, de::DeserializeOwned};
use syncline_application::organisations::PageRequest;
use syncline_domain::{
    identifier::{OrganisationId, UserId},
    organisation::Refusal,
};

use crate::error::{ApiError, ErrorCode};

/// An organisation.
pub(in crate::routes) struct OrganisationPath(pub(in crate::routes) OrganisationId);

/// A member of an organisation.
pub(super) struct MemberPath(pub(super) OrganisationId, pub(super) UserId);

/// Part of a list: `?cursor=&limit=`.
pub(super) struct PageQuery(pub(super) PageRequest);

#[derive(Deserialize)]
struct WirePage {
    cursor: Option<String>,
    limit: Option<u32>,
}

impl<S: Send + Sync> FromRequestParts<S> for OrganisationPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let organisation: String = names(parts, state).await?;
        organisation_id(&organisation).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MemberPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let (organisation, member): (String, String) = names(parts, state).await?;
        let member = UserId::new(&member).map_err(|_| Refusal::NoSuchMember)?;
        Ok(Self(organisation_id(&organisation)?, member))
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

fn organisation_id(text: &str) -> Result<OrganisationId, ApiError> {
    OrganisationId::new(text).map_err(|_| Refusal::NotInIt.into())
}
