use async_trait::async_trait;
use syncline_domain::identity::{Identity, Provider};

/// Where a browser is sent to be vouched for, and what has to come back unchanged.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// The provider's page.
    pub url: String,
    /// Comes back with the answer: it belongs to this sign-in.
    pub state: String,
    /// Comes back in the identity token: the token was made for this sign-in.
    pub nonce: String,
    /// Proves to the provider that whoever began the sign-in completes it.
    pub verifier: String,
}

/// What a provider's answer is exchanged with for an identity.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The provider's code.
    pub code: String,
    /// The nonce that the sign-in began with.
    pub nonce: String,
    /// The verifier that the sign-in began with.
    pub verifier: String,
    /// What Apple's page says of the person, as JSON, the first time only.
    pub user: Option<String>,
}

/// Why a provider vouches for nobody.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Nobody is sent to it: it is none of those that are configured.
    #[error("the provider has no page")]
    NoPage,
    /// It did not accept the grant, or what it sent cannot be trusted.
    #[error("the provider's answer was refused: {0}")]
    Refused(String),
    /// It cannot be reached, or does not do its part.
    #[error("the provider is not available: {0}")]
    Unavailable(String),
}

/// Those who vouch for people.
#[async_trait]
pub trait IdentityProviders: Send + Sync {
    /// Which of them are configured.
    fn configured(&self) -> Vec<Provider>;

    /// Where a sign-in begins that ends at the address `callback`.
    ///
    /// # Errors
    /// [`ProviderError`].
    async fn authorization(
        &self,
        provider: Provider,
        callback: &str,
    ) -> Result<Authorization, ProviderError>;

    /// Whom the provider vouches for, in a sign-in that ended at the address `callback`.
    ///
    /// # Errors
    /// [`ProviderError`].
    async fn identity(
        &self,
        provider: Provider,
        callback: &str,
        grant: Grant,
    ) -> Result<Identity, ProviderError>;
}
