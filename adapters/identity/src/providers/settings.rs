use secrecy::SecretString;
use syncline_domain::identity::Provider;

/// A provider as it is configured. What is not set has the provider's own address.
#[derive(Clone, Debug, Default)]
pub struct ProviderSettings {
    /// What the provider calls this server.
    pub client_id: Option<String>,
    /// Proves to the provider that it is this server.
    pub client_secret: Option<SecretString>,
    /// Where the provider can be asked what it is.
    pub issuer: Option<String>,
    /// Where browsers are sent.
    pub authorization_endpoint: Option<String>,
    /// Where codes are exchanged.
    pub token_endpoint: Option<String>,
    /// Where its public keys are.
    pub jwks_uri: Option<String>,
    /// GitHub: where it says who somebody is.
    pub user_endpoint: Option<String>,
    /// GitHub: where it says which addresses somebody has.
    pub emails_endpoint: Option<String>,
    /// Microsoft: whose accounts may sign in, an id or a domain, `common`, `organizations` or
    /// `consumers`.
    pub tenant: Option<String>,
    /// Apple: the team that the key belongs to.
    pub team_id: Option<String>,
    /// Apple: the name of the key.
    pub key_id: Option<String>,
    /// Apple: the key, as PEM.
    pub private_key: Option<SecretString>,
}

/// Why a provider cannot be used as it is configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProvidersError {
    /// Something has to be set.
    #[error(
        "`auth.providers.{provider}.{key}` is missing; docs/identity.md says where to get it, or \
         remove the whole provider"
    )]
    Missing {
        /// Of which provider.
        provider: Provider,
        /// What.
        key: &'static str,
    },
    /// The key is none.
    #[error(
        "`auth.providers.apple.privateKey` has to be the file that Apple gave you, with the line \
         `-----BEGIN PRIVATE KEY-----`"
    )]
    PrivateKey,
}

/// What has to be set of a provider.
pub(super) fn required<T>(
    provider: Provider,
    key: &'static str,
    value: Option<T>,
) -> Result<T, ProvidersError> {
    value.ok_or(ProvidersError::Missing { provider, key })
}
