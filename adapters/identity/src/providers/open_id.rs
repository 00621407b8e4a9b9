use std::sync::Arc;

use openidconnect::{
    ClaimsVerificationError, ClientId, IssuerUrl, Nonce, SignatureVerificationError, TokenResponse,
    core::{
        CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJsonWebKeySet,
        CoreJwsSigningAlgorithm,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use syncline_application::ports::{Authorization, Clock, Grant, ProviderError};
use syncline_domain::{
    identifier::Subject,
    identity::{Identity, Profile, Provider},
};

use super::{
    apple::AppleKey,
    client::Flow,
    issuer::{self, IssuerRule},
    settings::{ProviderSettings, ProvidersError, required},
};
use crate::{
    discovery::Discovery,
    document::{Document, Unavailable},
    http::HttpClient,
};

/// A provider with ID tokens.
pub(super) struct OpenId {
    provider: Provider,
    client_id: String,
    secret: Secret,
    issuer: IssuerRule,
    discovery: Discovery,
    overrides: Overrides,
    keys: Arc<Document<CoreJsonWebKeySet>>,
    http: HttpClient,
    clock: Arc<dyn Clock>,
}

/// How it is proven to the provider that it is this server.
enum Secret {
    Shared(SecretString),
    Apple(Box<AppleKey>),
}

/// Addresses that are configured.
struct Overrides {
    authorization: Option<String>,
    token: Option<String>,
    jwks: Option<String>,
}

/// What a flow needs to know of the provider.
struct Endpoints {
    issuer: String,
    authorization: String,
    token: String,
    jwks: String,
}

impl OpenId {
    pub(super) fn new(
        provider: Provider,
        settings: ProviderSettings,
        http: &HttpClient,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, ProvidersError> {
        let issuer = IssuerRule::of(
            provider,
            settings.issuer.as_deref(),
            settings.tenant.as_deref(),
        );
        let discovery = Discovery::new(issuer.address().to_owned(), http.clone());
        let client_id = required(provider, "clientId", settings.client_id.clone())?;
        let secret = match provider {
            Provider::Apple => Secret::Apple(Box::new(AppleKey::new(&settings, &issuer)?)),
            _ => Secret::Shared(required(
                provider,
                "clientSecret",
                settings.client_secret.clone(),
            )?),
        };
        Ok(Self {
            provider,
            client_id,
            secret,
            issuer,
            discovery,
            overrides: Overrides {
                authorization: settings.authorization_endpoint,
                token: settings.token_endpoint,
                jwks: settings.jwks_uri,
            },
            keys: Arc::new(Document::new(http.clone())),
            http: http.clone(),
            clock: Arc::clone(clock),
        })
    }

    pub(super) async fn authorization(
        &self,
        callback: &str,
    ) -> Result<Authorization, ProviderError> {
        let endpoints = self.endpoints().await?;
        let flow = self.flow(&endpoints, callback);
        // Apple tells names and addresses only to forms.
        let more: &[_] = match self.provider {
            Provider::Apple => &[("response_mode", "form_post")],
            _ => &[],
        };
        flow.open_id_authorization(more)
    }

    pub(super) async fn identity(
        &self,
        callback: &str,
        grant: Grant,
    ) -> Result<Identity, ProviderError> {
        let endpoints = self.endpoints().await?;
        let secret = match &self.secret {
            Secret::Shared(secret) => secret.expose_secret().to_owned(),
            Secret::Apple(key) => key.client_secret(&self.client_id, self.clock.now())?,
        };
        let flow = self.flow(&endpoints, callback);
        let tokens = flow.exchange(secret, &grant, &self.http).await?;
        let token = tokens
            .id_token()
            .ok_or_else(|| refused("it sent no ID token"))?;
        let nonce = Nonce::new(grant.nonce);
        let claims = self.verify(token, &nonce, &endpoints).await?;
        if !issuer::is_of(&endpoints.issuer, claims.issuer().as_str()) {
            return Err(refused("the ID token is of another issuer"));
        }
        self.identity_of(&claims, grant.user.as_deref())
    }

    fn flow<'f>(&'f self, endpoints: &'f Endpoints, callback: &'f str) -> Flow<'f> {
        Flow {
            client_id: &self.client_id,
            scopes: match self.provider {
                Provider::Apple => &["name", "email"],
                _ => &["profile", "email"],
            },
            authorization_endpoint: &endpoints.authorization,
            token_endpoint: &endpoints.token,
            callback,
        }
    }

    async fn verify(
        &self,
        token: &CoreIdToken,
        nonce: &Nonce,
        endpoints: &Endpoints,
    ) -> Result<CoreIdTokenClaims, ProviderError> {
        let keys = self.keys.get(&endpoints.jwks).await.map_err(unavailable)?;
        let mut verified = self.verify_with(&keys, token, nonce, endpoints)?;
        if is_of_unknown_key(&verified) {
            let newer = self.keys.newer(&endpoints.jwks, &keys).await;
            if let Some(newer) = newer.map_err(unavailable)? {
                verified = self.verify_with(&newer, token, nonce, endpoints)?;
            }
        }
        verified.map_err(|error| refused(reason(&error)))
    }

    fn verify_with(
        &self,
        keys: &CoreJsonWebKeySet,
        token: &CoreIdToken,
        nonce: &Nonce,
        endpoints: &Endpoints,
    ) -> Result<Result<CoreIdTokenClaims, ClaimsVerificationError>, ProviderError> {
        let issuer = IssuerUrl::new(endpoints.issuer.clone())
            .map_err(|_| ProviderError::Unavailable("its issuer is no address".into()))?;
        let client_id = ClientId::new(self.client_id.clone());
        let verifier = CoreIdTokenVerifier::new_public_client(client_id, issuer, keys.clone())
            .set_allowed_algs([
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
                CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            ])
            // It may stand for several tenants, and is compared by the caller.
            .require_issuer_match(false);
        Ok(token.claims(&verifier, nonce).cloned())
    }

    fn identity_of(
        &self,
        claims: &CoreIdTokenClaims,
        user: Option<&str>,
    ) -> Result<Identity, ProviderError> {
        let subject =
            Subject::new(claims.subject().as_str()).map_err(|error| refused(&error.to_string()))?;
        let name = claims.name().and_then(|name| name.get(None));
        let name = name.map(|name| name.as_str().to_owned());
        let is_verified = claims.email_verified() == Some(true);
        let email = claims.email().filter(|_| is_verified);
        Ok(Identity {
            provider: self.provider,
            subject,
            profile: Profile::new(
                name.or_else(|| user.and_then(name_of)).as_deref(),
                email.map(|email| email.as_str()),
            ),
        })
    }

    /// What is configured, and for what is not, what the provider says of itself.
    async fn endpoints(&self) -> Result<Endpoints, ProviderError> {
        if let Overrides {
            authorization: Some(authorization),
            token: Some(token),
            jwks: Some(jwks),
        } = &self.overrides
        {
            return Ok(Endpoints {
                issuer: self.discovery.issuer().to_owned(),
                authorization: authorization.clone(),
                token: token.clone(),
                jwks: jwks.clone(),
            });
        }
        let metadata = self.discovery.metadata().await.map_err(unavailable)?;
        if !self.issuer.allows(&metadata.issuer) {
            return Err(unavailable(self.discovery.is_another(&metadata)));
        }
        let says = |configured: &Option<String>, said: Option<&String>| {
            let missing = || ProviderError::Unavailable("it does not name its endpoints".into());
            configured.as_ref().or(said).cloned().ok_or_else(missing)
        };
        Ok(Endpoints {
            issuer: metadata.issuer.clone(),
            authorization: says(
                &self.overrides.authorization,
                metadata.authorization_endpoint.as_ref(),
            )?,
            token: says(&self.overrides.token, metadata.token_endpoint.as_ref())?,
            jwks: says(&self.overrides.jwks, Some(&metadata.jwks_uri))?,
        })
    }
}

fn is_of_unknown_key(verified: &Result<CoreIdTokenClaims, ClaimsVerificationError>) -> bool {
    matches!(
        verified,
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey
        ))
    )
}

/// Why an ID token is refused, without its words.
fn reason(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "the ID token has expired",
        ClaimsVerificationError::InvalidAudience(_) => "the ID token is for somebody else",
        ClaimsVerificationError::InvalidNonce(_) => "the ID token is of another sign-in",
        ClaimsVerificationError::SignatureVerification(_) => {
            "the signature of the ID token is not by a key of the provider"
        }
        _ => "the ID token is not as it should be",
    }
}

/// Apple's form has the name the first time somebody signs in. Nobody vouches for it; it is only
/// shown.
fn name_of(user: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct User {
        name: Name,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Name {
        #[serde(default)]
        first_name: String,
        #[serde(default)]
        last_name: String,
    }
    let User { name } = serde_json::from_str(user).ok()?;
    Some(format!("{} {}", name.first_name, name.last_name))
}

fn refused(why: &str) -> ProviderError {
    ProviderError::Refused(why.to_owned())
}

fn unavailable(Unavailable(cause): Unavailable) -> ProviderError {
    ProviderError::Unavailable(cause)
}
