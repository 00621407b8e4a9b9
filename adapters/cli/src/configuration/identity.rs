//! How people sign in.

use std::{collections::BTreeMap, net::SocketAddr};

use serde_json::{Map, Value, json};
use syncline_domain::identity::Provider;
use syncline_identity::{IssuerSettings, ProviderSettings};

use super::{
    error::{ConfigurationError, Place},
    secret_file,
    settings::{AuthSettings, IssuerKeys, ProviderKeys},
};

/// Stands for a secret.
const SET: &str = "(set)";

/// Who a token of an issuer is about, if the configuration does not say.
const USER_CLAIM: &str = "sub";

/// How people sign in.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// Where browsers reach this server, if not where it listens.
    pub public_url: Option<String>,
    /// The pages to which people may return with a one-time code.
    pub redirect_uris: Vec<String>,
    /// Who vouches for people.
    pub providers: BTreeMap<Provider, ProviderSettings>,
    /// Whose tokens are accepted beside our own, by the names that their users' ids begin with.
    pub issuers: BTreeMap<String, IssuerSettings>,
    /// Whether requests come from elsewhere although the server listens on this machine alone.
    is_behind_proxy: bool,
}

impl Identity {
    pub(super) fn new(
        auth: AuthSettings,
        public_url: Option<String>,
        listen: SocketAddr,
        is_behind_proxy: bool,
    ) -> Result<Self, ConfigurationError> {
        let mut providers = BTreeMap::new();
        for (provider, keys) in auth.providers {
            providers.insert(provider, settings(provider, keys)?);
        }
        let mut issuers = BTreeMap::new();
        for (name, keys) in auth.issuers {
            let settings = issuer(&name, keys)?;
            check_new(&issuers, &name, &settings)?;
            issuers.insert(name, settings);
        }
        if !providers.is_empty() && public_url.is_none() && listen.ip().is_unspecified() {
            let rule = "is required with a provider when the server listens on every network; set \
                        the address at which browsers reach it, such as `https://sync.example.org`";
            return Err(ConfigurationError::new(
                Place::Key("publicUrl".into()),
                rule,
            ));
        }
        Ok(Self {
            public_url,
            redirect_uris: auth.redirect_uris,
            providers,
            issuers,
            is_behind_proxy,
        })
    }

    /// Whether anyone may sign in as anyone: only where nobody but this machine can reach the server,
    /// and while nothing says how people sign in.
    #[must_use]
    pub fn is_development(&self, listen: SocketAddr) -> bool {
        listen.ip().is_loopback()
            && !self.is_behind_proxy
            && self.public_url.is_none()
            && self.providers.is_empty()
            && self.issuers.is_empty()
    }

    /// The providers without their secrets.
    pub(super) fn shown_providers(&self) -> Value {
        let shown = self.providers.iter().map(|(provider, settings)| {
            let mut keys = Map::new();
            for (key, value) in [
                ("clientId", settings.client_id.as_deref()),
                ("clientSecret", settings.client_secret.as_ref().map(|_| SET)),
                ("issuer", settings.issuer.as_deref()),
                (
                    "authorizationEndpoint",
                    settings.authorization_endpoint.as_deref(),
                ),
                ("tokenEndpoint", settings.token_endpoint.as_deref()),
                ("jwksUri", settings.jwks_uri.as_deref()),
                ("userEndpoint", settings.user_endpoint.as_deref()),
                ("emailsEndpoint", settings.emails_endpoint.as_deref()),
                ("tenant", settings.tenant.as_deref()),
                ("teamId", settings.team_id.as_deref()),
                ("keyId", settings.key_id.as_deref()),
                ("privateKey", settings.private_key.as_ref().map(|_| SET)),
            ] {
                if let Some(value) = value {
                    keys.insert(key.to_owned(), value.into());
                }
            }
            (provider.to_string(), Value::Object(keys))
        });
        Value::Object(shown.collect())
    }

    /// The issuers.
    pub(super) fn shown_issuers(&self) -> Value {
        let shown = self.issuers.iter().map(|(name, settings)| {
            let keys = json!({
                "issuer": settings.issuer,
                "audience": settings.audience,
                "jwksUri": settings.jwks_uri,
                "userClaim": settings.user_claim,
            });
            (name.clone(), keys)
        });
        Value::Object(shown.collect())
    }
}

fn settings(
    provider: Provider,
    keys: ProviderKeys,
) -> Result<ProviderSettings, ConfigurationError> {
    let place = format!("auth.providers.{provider}");
    Ok(ProviderSettings {
        client_id: keys.client_id,
        client_secret: secret_file::either(
            &place,
            ["clientSecret", "clientSecretFile"],
            keys.client_secret,
            keys.client_secret_file,
        )?,
        issuer: keys.issuer,
        authorization_endpoint: keys.authorization_endpoint,
        token_endpoint: keys.token_endpoint,
        jwks_uri: keys.jwks_uri,
        user_endpoint: keys.user_endpoint,
        emails_endpoint: keys.emails_endpoint,
        tenant: keys.tenant,
        team_id: keys.team_id,
        key_id: keys.key_id,
        private_key: secret_file::either(
            &place,
            ["privateKey", "privateKeyFile"],
            keys.private_key,
            keys.private_key_file,
        )?,
    })
}

fn issuer(name: &str, keys: IssuerKeys) -> Result<IssuerSettings, ConfigurationError> {
    let required = |key: &str, value: Option<String>| {
        let place = Place::Key(format!("auth.issuers.{name}.{key}"));
        let rule = "is missing; docs/identity.md says what it is";
        value.ok_or_else(|| ConfigurationError::new(place, rule))
    };
    Ok(IssuerSettings {
        issuer: required("issuer", keys.issuer)?,
        audience: required("audience", keys.audience)?,
        jwks_uri: keys.jwks_uri,
        user_claim: keys.user_claim.unwrap_or_else(|| USER_CLAIM.to_owned()),
    })
}

/// Tokens say from which issuer they are, but not under which name we know it.
fn check_new(
    issuers: &BTreeMap<String, IssuerSettings>,
    name: &str,
    settings: &IssuerSettings,
) -> Result<(), ConfigurationError> {
    let same = issuers
        .iter()
        .find(|(_, known)| known.issuer == settings.issuer);
    let Some((other, _)) = same else {
        return Ok(());
    };
    let place = Place::Key(format!("auth.issuers.{name}.issuer"));
    let rule = format!("is that of `auth.issuers.{other}` as well; keep one of the two");
    Err(ConfigurationError::new(place, rule))
}
