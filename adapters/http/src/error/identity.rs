//! What is answered to whoever is not signed in.

use syncline_application::identity::IdentityError;

use super::{ApiError, ErrorCode};

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        use IdentityError as E;
        let code = match &error {
            E::Store(_) | E::Signing(_) | E::NoRandomness => return Self::of_server(error),
            E::Refused { provider, cause } => {
                tracing::warn!(%provider, cause, "a provider's answer was refused");
                ErrorCode::Unauthorized
            }
            E::ProviderUnavailable { provider, cause } => {
                tracing::warn!(%provider, cause, "a provider is not available");
                ErrorCode::Unavailable
            }
            E::Denied { .. } | E::AccountDeleted(_) => ErrorCode::Unauthorized,
            E::UnknownProvider { .. } | E::NotLinked(_) => ErrorCode::NotFound,
            E::RedirectNotAllowed
            | E::StateNotPlain
            | E::NotBegun(_)
            | E::CodeRefused
            | E::NoPage(_)
            | E::CodeOfAnother(_)
            | E::NoName => ErrorCode::BadRequest,
            E::IdentityTaken(_) | E::ProviderTaken(_) | E::LastProvider(_) => ErrorCode::Conflict,
            E::ExternalSession => ErrorCode::Forbidden,
        };
        Self::new(code, error.to_string())
    }
}

impl ApiError {
    /// The caller did nothing wrong.
    fn of_server(error: IdentityError) -> Self {
        match error {
            IdentityError::Store(error) => Self::from(error),
            error => Self::internal(&error),
        }
    }
}
