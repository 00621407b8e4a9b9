use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
};
use syncline_domain::identifier::OrganisationId;
use utoipa::{
    IntoParams,
    openapi::{
        Ref, Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use crate::{
    error::{ApiError, ErrorCode},
    layers::log,
};

/// Puts a request into the namespace of an organisation.
pub(crate) const X_ORG_ID: HeaderName = HeaderName::from_static("x-org-id");

/// The organisation in whose namespace a request is to be done; none for the caller's own. Whether
/// the caller belongs to it is for the use case to find out.
pub(crate) struct Organisation(pub(crate) Option<OrganisationId>);

impl<S: Send + Sync> FromRequestParts<S> for Organisation {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let organisation = read(&parts.headers)?;
        log::note_namespace(organisation.as_ref());
        Ok(Self(organisation))
    }
}

impl IntoParams for Organisation {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = ParameterBuilder::new()
            .name("X-Org-Id")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "Puts the request into the namespace of this organisation, of which the caller \
                 is a member. Without it, the caller's own documents are meant.",
            ))
            .schema(Some(Ref::from_schema_name("OrganisationId")));
        vec![header.build()]
    }
}

/// Nobody is a member of what is no organisation, or of two at once.
fn read(headers: &HeaderMap) -> Result<Option<OrganisationId>, ApiError> {
    let mut named = headers.get_all(X_ORG_ID).iter();
    match (named.next(), named.next()) {
        (None, _) => Ok(None),
        (Some(id), None) => organisation_id(id).map(Some).ok_or_else(not_a_member),
        (Some(_), Some(_)) => Err(not_a_member()),
    }
}

fn organisation_id(header: &HeaderValue) -> Option<OrganisationId> {
    OrganisationId::new(header.to_str().ok()?).ok()
}

/// What is answered to whoever does not belong to the organisation of the header.
pub(crate) fn not_a_member() -> ApiError {
    let sentence = "You are no member of the organisation that `X-Org-Id` names; \
        `GET /orgs` lists yours";
    ApiError::new(ErrorCode::Forbidden, sentence)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use syncline_domain::identifier::OrganisationId;

    use super::{X_ORG_ID, read};
    use crate::error::ErrorCode;

    const ID: &str = "0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11";

    fn headers(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(X_ORG_ID, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn the_header_names_one_organisation() {
        assert_eq!(read(&headers(&[])).unwrap(), None);
        let id = OrganisationId::new(ID).unwrap();
        assert_eq!(read(&headers(&[ID])).unwrap(), Some(id));
    }

    #[test]
    fn nobody_is_a_member_of_what_is_no_organisation() {
        for values in [&[""][..], &["a b"], &["é"], &["../a"], &["a,b"], &[ID, ID]] {
            let refusal = read(&headers(values)).unwrap_err();
            assert_eq!(refusal.code, ErrorCode::Forbidden, "{values:?}");
        }
    }
}
