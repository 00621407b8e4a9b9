//! Beginning and completing a sign-in.

use std::time::Duration;

use syncline_domain::{
    identifier::Subject,
    identity::{Identity, Profile, Provider},
};

use super::{
    IdentityError, IdentityService, Page, SignedIn,
    attempt::{self, Attempt, LinkFor},
};
use crate::ports::Grant;

/// A sign-in that has begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// With whom.
    pub provider: Provider,
    /// The provider's page.
    pub url: String,
    /// What the browser has to bring back, sealed.
    pub attempt: String,
    /// For how long it will do.
    pub lifetime: Duration,
}

/// What a provider sends through the browser.
#[derive(Clone, Debug, Default)]
pub struct Callback {
    /// To be exchanged for an identity.
    pub code: Option<String>,
    /// Which sign-in it answers.
    pub state: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// What Apple says of the person, the first time only.
    pub user: Option<String>,
}

/// How a sign-in ended.
#[derive(Clone, Debug)]
pub enum Completed {
    /// With a session.
    SignedIn(SignedIn),
    /// At a page, at this address.
    Return(String),
}

/// How a sign-in failed.
#[derive(Debug)]
pub struct Failed {
    /// Why.
    pub error: IdentityError,
    /// The page that is told.
    pub page: Option<Page>,
}

impl From<IdentityError> for Failed {
    fn from(error: IdentityError) -> Self {
        Self { error, page: None }
    }
}

impl IdentityService {
    /// Begins a sign-in. With `redirect_uri` it ends at that page, which gets `state` back.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn begin(
        &self,
        provider: &str,
        redirect_uri: Option<String>,
        state: Option<String>,
    ) -> Result<Begun, IdentityError> {
        let provider = self.provider(provider)?;
        let page = self.page(redirect_uri, state)?;
        self.attempt(provider, page, None).await
    }

    /// Completes the sign-in that `attempt`, which the browser brought back, has begun.
    ///
    /// # Errors
    /// [`Failed`]; only the page of a genuine attempt is told.
    pub async fn complete(
        &self,
        provider: &str,
        callback: Callback,
        attempt: Option<&str>,
    ) -> Result<Completed, Failed> {
        let provider = self.provider(provider)?;
        let state = callback.state.as_deref().unwrap_or_default();
        let now = self.parts.clock.now();
        let attempt = attempt
            .and_then(|text| Attempt::open(text, &self.seal))
            .filter(|attempt| attempt.is_answered(provider, state, now))
            .ok_or(IdentityError::NotBegun(provider))?;
        self.finish(provider, callback, &attempt)
            .await
            .map_err(|error| Failed {
                error,
                page: attempt.page,
            })
    }

    /// Whether anybody can be anybody here.
    ///
    /// # Errors
    /// [`IdentityError::UnknownProvider`] when it is not so.
    pub fn check_development(&self) -> Result<(), IdentityError> {
        self.provider(Provider::Development.as_str()).map(drop)
    }

    /// Signs a developer in as whoever they want to be.
    ///
    /// # Errors
    /// [`IdentityError::UnknownProvider`] when this is not possible here.
    pub async fn develop(
        &self,
        name: &str,
        redirect_uri: Option<String>,
        state: Option<String>,
    ) -> Result<Completed, IdentityError> {
        let identity = Identity {
            provider: self.provider(Provider::Development.as_str())?,
            subject: Subject::new(name).map_err(|_| IdentityError::NoName)?,
            profile: Profile::new(Some(name), None),
        };
        let page = self.page(redirect_uri, state)?;
        self.proven(&identity, page.as_ref(), None).await
    }

    fn page(
        &self,
        redirect_uri: Option<String>,
        state: Option<String>,
    ) -> Result<Option<Page>, IdentityError> {
        redirect_uri
            .map(|redirect_uri| Page::new(redirect_uri, state, &self.options))
            .transpose()
    }

    pub(super) async fn attempt(
        &self,
        provider: Provider,
        page: Option<Page>,
        link: Option<LinkFor>,
    ) -> Result<Begun, IdentityError> {
        let authorization = self
            .parts
            .providers
            .authorization(provider, &self.callback(provider))
            .await
            .map_err(|error| IdentityError::of(provider, error))?;
        let url = authorization.url.clone();
        let now = self.parts.clock.now();
        let attempt = Attempt::new(provider, authorization, now, page, link);
        Ok(Begun {
            provider,
            url,
            attempt: attempt.seal(&self.seal),
            lifetime: Duration::from_millis(attempt::LIFETIME),
        })
    }

    async fn finish(
        &self,
        provider: Provider,
        callback: Callback,
        attempt: &Attempt,
    ) -> Result<Completed, IdentityError> {
        let denied = |error: &str| IdentityError::Denied {
            provider,
            error: error.to_owned(),
        };
        if let Some(error) = &callback.error {
            return Err(denied(error));
        }
        let grant = Grant {
            code: callback.code.ok_or_else(|| denied("it sent no code"))?,
            nonce: attempt.nonce.clone(),
            verifier: attempt.verifier.clone(),
            user: callback.user,
        };
        let identity = self
            .parts
            .providers
            .identity(provider, &self.callback(provider), grant)
            .await
            .map_err(|error| IdentityError::of(provider, error))?;
        self.proven(&identity, attempt.page.as_ref(), attempt.link.as_ref())
            .await
    }

    /// What becomes of an identity that was proven.
    async fn proven(
        &self,
        identity: &Identity,
        page: Option<&Page>,
        link: Option<&LinkFor>,
    ) -> Result<Completed, IdentityError> {
        if let Some(page) = page {
            return Ok(Completed::Return(
                page.with_code(&self.code(identity).await?),
            ));
        }
        let signed_in = match link {
            Some(link) => {
                let session = link.session(self.parts.clock.now());
                self.link(&session, identity).await?
            }
            None => self.sign_in(identity).await?,
        };
        Ok(Completed::SignedIn(signed_in))
    }

    /// Where the provider sends the browser back to.
    fn callback(&self, provider: Provider) -> String {
        format!("{}/auth/{provider}/callback", self.options.public_url)
    }
}
