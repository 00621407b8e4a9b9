//! How people sign in, put together.

use std::{net::SocketAddr, sync::Arc};

use syncline_application::{
    identity::IdentityOptions,
    ports::{Clock, IdentityProviders},
};
use syncline_identity::{ExternalIssuers, HttpClient, Providers};

use super::ServerError;
use crate::configuration::Configuration;

/// A client for providers and issuers, where there are any.
pub(super) fn http_client(
    configuration: &Configuration,
) -> Result<Option<HttpClient>, ServerError> {
    let identity = &configuration.identity;
    if identity.providers.is_empty() && identity.issuers.is_empty() {
        return Ok(None);
    }
    Ok(Some(HttpClient::new()?))
}

pub(super) fn issuers(configuration: &Configuration, http: Option<&HttpClient>) -> ExternalIssuers {
    http.map_or_else(ExternalIssuers::default, |http| {
        ExternalIssuers::new(configuration.identity.issuers.clone(), http)
    })
}

pub(super) fn providers(
    configuration: &Configuration,
    http: Option<&HttpClient>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn IdentityProviders>, ServerError> {
    let Some(http) = http else {
        return Ok(Arc::new(Providers::default()));
    };
    let settings = configuration.identity.providers.clone();
    Ok(Arc::new(Providers::new(settings, http, clock)?))
}

/// The options of a server that listens at `address`.
pub(super) fn options(configuration: &Configuration, address: SocketAddr) -> IdentityOptions {
    let identity = &configuration.identity;
    IdentityOptions {
        public_url: identity
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{address}")),
        redirect_uris: identity.redirect_uris.clone(),
        is_development: identity.is_development(configuration.listen),
    }
}
