//! Tokens of other issuers.
//!
//! A user of the issuer that is configured as `acme` is known here as `acme|<user>`. Ids of our own
//! users are UUIDs, and names of issuers have no `|`: nobody can pass for somebody else (ADR 0009).

mod claims;
mod keys;

use std::{collections::BTreeMap, sync::Arc};

use jsonwebtoken::{
    Algorithm, Validation, dangerous::insecure_decode_claims, decode, decode_header,
};
use serde_json::{Map, Value};
use syncline_application::ports::{Session, SessionError};
use syncline_domain::hlc::UnixMillis;

use crate::{
    discovery::Discovery,
    document::{Document, Unavailable},
    http::HttpClient,
};
use claims::Expected;
use keys::KeySet;

/// An issuer as it is configured.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// As it stands in the claim `iss` of its tokens.
    pub issuer: String,
    /// For whom its tokens have to be: one of their `aud`.
    pub audience: String,
    /// Where its public keys are; without it, the issuer is asked.
    pub jwks_uri: Option<String>,
    /// The claim that says who somebody is.
    pub user_claim: String,
}

/// The issuers whose tokens are accepted beside our own.
#[derive(Default)]
pub struct ExternalIssuers {
    /// By the claim `iss`.
    issuers: BTreeMap<String, Issuer>,
}

/// One of them.
pub(crate) struct Issuer {
    expected: Expected,
    jwks_uri: Option<String>,
    discovery: Discovery,
    keys: Arc<Document<KeySet>>,
}

impl ExternalIssuers {
    /// The issuers configured, by the names that their users' ids begin with.
    #[must_use]
    pub fn new(settings: BTreeMap<String, IssuerSettings>, http: &HttpClient) -> Self {
        let issuers = settings.into_iter().map(|(name, settings)| {
            let issuer = settings.issuer.clone();
            (issuer, Issuer::new(name, settings, http))
        });
        Self {
            issuers: issuers.collect(),
        }
    }

    /// Who says to have issued `token`. Nothing is verified yet.
    pub(crate) fn issuer_of(&self, token: &str) -> Option<&Issuer> {
        if self.issuers.is_empty() {
            return None;
        }
        let claims: Map<String, Value> = insecure_decode_claims(token).ok()?;
        self.issuers.get(claims.get("iss")?.as_str()?)
    }
}

impl Issuer {
    fn new(name: String, settings: IssuerSettings, http: &HttpClient) -> Self {
        Self {
            jwks_uri: settings.jwks_uri.clone(),
            discovery: Discovery::new(settings.issuer.clone(), http.clone()),
            keys: Arc::new(Document::new(http.clone())),
            expected: Expected { name, settings },
        }
    }

    /// Whose token it is.
    pub(crate) async fn verify(
        &self,
        token: &str,
        now: UnixMillis,
    ) -> Result<Session, SessionError> {
        let header = decode_header(token).map_err(|_| SessionError::Invalid)?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
            return Err(SessionError::Invalid);
        }
        let address = self.jwks_uri().await.map_err(unavailable)?;
        let keys = self.keys.get(&address).await.map_err(unavailable)?;
        let kid = header.kid.as_deref();
        let keys = if keys.find(kid, header.alg).is_some() {
            keys
        } else {
            let newer = self.keys.newer(&address, &keys).await;
            newer.map_err(unavailable)?.ok_or(SessionError::Invalid)?
        };
        let key = keys.find(kid, header.alg).ok_or(SessionError::Invalid)?;
        let claims: Map<String, Value> = decode(token, key, &signature_only(header.alg))
            .map_err(|_| SessionError::Invalid)?
            .claims;
        self.expected.session(&claims, now)
    }

    async fn jwks_uri(&self) -> Result<String, Unavailable> {
        if let Some(address) = &self.jwks_uri {
            return Ok(address.clone());
        }
        let metadata = self.discovery.metadata().await?;
        if metadata.issuer != self.discovery.issuer() {
            return Err(self.discovery.is_another(&metadata));
        }
        Ok(metadata.jwks_uri.clone())
    }
}

/// Why it is so stands in the log already.
fn unavailable(_: Unavailable) -> SessionError {
    SessionError::Unavailable
}

/// Checks algorithm and signature; the claims are compared with what is expected, at a time that is
/// passed in.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
