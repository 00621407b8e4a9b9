use syncline_domain::identity::Provider;

use crate::{
    accounts::AccountDeleted,
    ports::{ProviderError, SigningError, StoreError},
};

/// Why somebody is not signed in, or a provider not linked.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Nobody can sign in through it here.
    #[error("{}", unknown_provider(asked, there))]
    UnknownProvider {
        /// What was asked for.
        asked: String,
        /// What there is.
        there: Vec<Provider>,
    },
    /// A page that is not on the list would get a code.
    #[error(
        "`redirectUri` is not one of the addresses in `auth.redirectUris` of the server's \
         configuration; add it there, exactly as it is sent"
    )]
    RedirectNotAllowed,
    /// What the page wants back cannot stand in an address.
    #[error(
        "`state` is 1 to 512 letters, digits, `-`, `_`, `.` or `~`; send a random text of these"
    )]
    StateNotPlain,
    /// The answer belongs to no sign-in of this browser.
    #[error(
        "this browser has not begun this sign-in, or more than ten minutes ago; begin again at \
         `/auth/{0}`"
    )]
    NotBegun(Provider),
    /// The person, or the provider, said no.
    #[error("{provider} did not sign you in ({error}); begin again at `/auth/{provider}`")]
    Denied {
        /// Who was asked.
        provider: Provider,
        /// The provider's word for it.
        error: String,
    },
    /// What the provider sent cannot be trusted.
    #[error("the answer of {provider} was refused; begin again at `/auth/{provider}`")]
    Refused {
        /// Who sent it.
        provider: Provider,
        /// For the log.
        cause: String,
    },
    /// The provider cannot be reached.
    #[error("{provider} is not available at the moment; try again")]
    ProviderUnavailable {
        /// Who.
        provider: Provider,
        /// For the log.
        cause: String,
    },
    /// A one-time code is not good, or no longer.
    #[error("the code was used before, is older than a minute, or is none of ours; sign in again")]
    CodeRefused,
    /// No browser can be sent to it: it has no page.
    #[error(
        "{0} has no page to send a browser to; sign in at `/auth/{0}` with a `redirectUri`, and send \
         the `code` that the page gets"
    )]
    NoPage(Provider),
    /// The code is for another provider than the path.
    #[error("the code proves an identity of {0}; send it to `/auth/link/{0}`")]
    CodeOfAnother(Provider),
    /// Another user has the identity.
    #[error(
        "this {0} account belongs to another user; sign in with it, and unlink it there, to move it"
    )]
    IdentityTaken(Provider),
    /// The user has another identity of the provider.
    #[error("another {0} account is linked already; unlink it first")]
    ProviderTaken(Provider),
    /// Nobody could sign in any more.
    #[error("{0} is your only way to sign in; link another provider first")]
    LastProvider(Provider),
    /// The user does not sign in through it.
    #[error("{0} is not linked; `GET /auth/me` tells what is")]
    NotLinked(Provider),
    /// The session's issuer alone decides how its users sign in.
    #[error("sessions of other issuers have no providers here; sign in at this server to link one")]
    ExternalSession,
    /// The account that was to have another provider is gone.
    #[error(transparent)]
    AccountDeleted(#[from] AccountDeleted),
    /// A developer gave no name that could be stored.
    #[error("`name` is 1 to 255 characters without NUL; say who you want to be")]
    NoName,
    /// The operating system has no random bytes.
    #[error("the operating system has no random bytes")]
    NoRandomness,
    /// The token could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IdentityError {
    /// What a provider's failure means to whoever signs in.
    pub(super) fn of(provider: Provider, error: ProviderError) -> Self {
        match error {
            ProviderError::NoPage => Self::NoPage(provider),
            ProviderError::Refused(cause) => Self::Refused { provider, cause },
            ProviderError::Unavailable(cause) => Self::ProviderUnavailable { provider, cause },
        }
    }
}

fn unknown_provider(asked: &str, there: &[Provider]) -> String {
    if there.is_empty() {
        return format!(
            "nobody can sign in through `{asked}`: no provider is configured on this server; see \
             `auth.providers` in its documentation"
        );
    }
    let there: Vec<_> = there.iter().map(|known| format!("`{known}`")).collect();
    format!(
        "nobody can sign in through `{asked}` on this server; it has {}",
        there.join(", ")
    )
}
