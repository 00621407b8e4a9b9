//! Signing in through others.
//!
//! | module | what it does |
//! |---|---|
//! | `settings` | a provider as it is configured, with the defaults of each |
//! | `client` | the authorization-code flow with PKCE |
//! | `open_id` | identities from ID tokens |
//! | `github` | identities from GitHub's user API |
//! | `apple` | Apple's client secrets, which are signed |
//! | `issuer` | issuers that stand for several tenants |

mod apple;
mod client;
mod github;
mod issuer;
mod open_id;
mod settings;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use syncline_application::ports::{Authorization, Clock, Grant, IdentityProviders, ProviderError};
use syncline_domain::identity::{Identity, Provider};

use crate::http::HttpClient;
use github::GitHub;
use open_id::OpenId;

pub use settings::{ProviderSettings, ProvidersError};

/// The providers that are configured.
#[derive(Default)]
pub struct Providers(BTreeMap<Provider, Way>);

/// How a provider vouches for people.
enum Way {
    OpenId(Box<OpenId>),
    GitHub(Box<GitHub>),
}

impl Providers {
    /// Takes what is configured.
    ///
    /// # Errors
    /// [`ProvidersError`] names the key that is missing or makes no sense.
    pub fn new(
        settings: BTreeMap<Provider, ProviderSettings>,
        http: &HttpClient,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, ProvidersError> {
        let mut ways = BTreeMap::new();
        for (provider, settings) in settings {
            let way = match provider {
                Provider::GitHub => Way::GitHub(Box::new(GitHub::new(settings, http)?)),
                _ => Way::OpenId(Box::new(OpenId::new(provider, settings, http, clock)?)),
            };
            ways.insert(provider, way);
        }
        Ok(Self(ways))
    }

    fn way(&self, provider: Provider) -> Result<&Way, ProviderError> {
        self.0.get(&provider).ok_or(ProviderError::NoPage)
    }
}

#[async_trait]
impl IdentityProviders for Providers {
    fn configured(&self) -> Vec<Provider> {
        self.0.keys().copied().collect()
    }

    async fn authorization(
        &self,
        provider: Provider,
        callback: &str,
    ) -> Result<Authorization, ProviderError> {
        match self.way(provider)? {
            Way::OpenId(way) => way.authorization(callback).await,
            Way::GitHub(way) => way.authorization(callback),
        }
    }

    async fn identity(
        &self,
        provider: Provider,
        callback: &str,
        grant: Grant,
    ) -> Result<Identity, ProviderError> {
        match self.way(provider)? {
            Way::OpenId(way) => way.identity(callback, grant).await,
            Way::GitHub(way) => way.identity(callback, grant).await,
        }
    }
}
