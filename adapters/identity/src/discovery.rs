use std::sync::Arc;

use serde::Deserialize;

use crate::{
    document::{Document, Unavailable},
    http::HttpClient,
};

/// Below an issuer, according to `OpenID` Connect Discovery 1.0.
const PATH: &str = ".well-known/openid-configuration";

/// What an issuer says of itself, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Metadata {
    /// As it stands in the issuer's tokens.
    pub(crate) issuer: String,
    /// Where browsers are sent.
    pub(crate) authorization_endpoint: Option<String>,
    /// Where codes are exchanged.
    pub(crate) token_endpoint: Option<String>,
    /// Where its public keys are.
    pub(crate) jwks_uri: String,
}

/// An issuer that can be asked what it is.
pub(crate) struct Discovery {
    issuer: String,
    metadata: Document<Metadata>,
}

impl Discovery {
    pub(crate) fn new(issuer: String, http: HttpClient) -> Self {
        Self {
            issuer,
            metadata: Document::new(http),
        }
    }

    /// The issuer as it is configured.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What it says of itself, which the caller holds to be the issuer that was asked for.
    pub(crate) async fn metadata(&self) -> Result<Arc<Metadata>, Unavailable> {
        let address = format!("{}/{PATH}", self.issuer.trim_end_matches('/'));
        self.metadata.get(&address).await
    }

    /// What is wrong if `metadata` is not of the issuer that was asked for.
    pub(crate) fn is_another(&self, metadata: &Metadata) -> Unavailable {
        Unavailable(format!(
            "{} calls itself `{}`; configure that issuer, or another address",
            self.issuer, metadata.issuer
        ))
    }
}
