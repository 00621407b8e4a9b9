use axum::{
    extract::{FromRequestParts, Path, Query},
    http::request::Parts,
};
use serde::Deserialize;
use syncline_application::{access::AccessError, ports::EntryQuery};
use syncline_domain::{
    access::Namespace,
    identifier::{ApplicationName, CollectionName, DocumentKey},
};
use utoipa::IntoParams;

use crate::{
    AppState,
    caller::Caller,
    error::{ApiError, ErrorCode},
    openapi::schema,
    organisation::Organisation,
};

/// The document whose entry is meant, as its owner. Names that no document has are not found.
pub(super) struct EntryPath(pub(super) EntryQuery);

/// The path of an entry.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Names {
    #[param(value_type = schema::ApplicationName)]
    application: String,
    #[param(value_type = schema::DocumentKey)]
    key: String,
}

/// Which collection is meant.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Collection {
    /// The document's collection: needed only where the key stands in several.
    #[param(value_type = Option<schema::CollectionName>, nullable = false)]
    collection: Option<CollectionName>,
}

impl FromRequestParts<AppState> for EntryPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Caller(session) = Caller::from_request_parts(parts, state).await?;
        let Organisation(organisation) = Organisation::from_request_parts(parts, state).await?;
        let path = Path::<Names>::from_request_parts(parts, state).await;
        let Path(Names { application, key }) = path.map_err(|_| AccessError::NotFound)?;
        let Query(Collection { collection }) = Query::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::new(ErrorCode::BadRequest, error.body_text()))?;
        let namespace = organisation.map_or_else(
            || Namespace::Personal(session.user_id.clone()),
            Namespace::Organisation,
        );
        Ok(Self(EntryQuery {
            namespace,
            owner: session.user_id,
            application: ApplicationName::new(&application).map_err(|_| AccessError::NotFound)?,
            collection,
            key: DocumentKey::new(&key).map_err(|_| AccessError::NotFound)?,
        }))
    }
}
