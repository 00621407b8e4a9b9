//! Who people are: signing in, linking providers, and sessions.
//!
//! A sign-in begins and ends in one browser: what has to come back unchanged is sealed into a cookie
//! (`attempt`). A provider's answer proves an identity. An API caller gets its session at once; a
//! page is called back with a one-time code for the identity (`codes`), which it exchanges for a
//! session or, when somebody is signed in there, links to them (ADR 0008).
//!
//! | module | what it does |
//! |---|---|
//! | `sign_in` | begins and completes a sign-in |
//! | `attempt` | a sign-in under way, sealed |
//! | `page` | the pages to which people return |
//! | `codes` | one-time codes |
//! | `linking` | linking and unlinking |
//! | `error` | why somebody is not signed in |

mod attempt;
mod codes;
mod error;
mod linking;
mod page;
mod sign_in;

use std::sync::Arc;

use syncline_domain::identity::{Identity, Provider};

use crate::{
    contention::settled,
    ports::{Clock, IdentityProviders, Randomness, Session, Sessions, User, Users},
    seal::Seal,
};

pub use error::IdentityError;
pub use page::Page;
pub use sign_in::{Begun, Callback, Completed, Failed};

/// What the identity service is made of.
pub struct IdentityParts {
    /// Where users are kept.
    pub users: Arc<dyn Users>,
    /// Who vouches for them.
    pub providers: Arc<dyn IdentityProviders>,
    /// Who signs their sessions.
    pub sessions: Arc<dyn Sessions>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// What nobody can guess.
    pub randomness: Arc<dyn Randomness>,
}

/// How people may sign in.
#[derive(Clone, Debug)]
pub struct IdentityOptions {
    /// Where browsers reach this server, as `https://example.org`, without a slash at the end.
    pub public_url: String,
    /// The addresses of the pages to which people may return with a code.
    pub redirect_uris: Vec<String>,
    /// Whether developers may sign in as anyone.
    pub is_development: bool,
}

/// Signs people in.
pub struct IdentityService {
    parts: IdentityParts,
    options: IdentityOptions,
    seal: Seal,
}

/// A user and the token of the user's session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who it is.
    pub user: User,
    /// A session token.
    pub token: String,
}

impl IdentityService {
    /// Puts the service together. Sign-ins under way are sealed with the first of `secrets`; all
    /// are accepted.
    #[must_use]
    pub fn new<'s>(
        parts: IdentityParts,
        options: IdentityOptions,
        secrets: impl IntoIterator<Item = &'s [u8]>,
    ) -> Self {
        Self {
            parts,
            options,
            seal: Seal::derive(secrets, "syncline sign-in"),
        }
    }

    /// Through whom people can sign in here.
    #[must_use]
    pub fn providers(&self) -> Vec<Provider> {
        let development = self.options.is_development.then_some(Provider::Development);
        let configured = self.parts.providers.configured();
        configured.into_iter().chain(development).collect()
    }

    /// Whether browsers reach this server over HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.options.public_url.starts_with("https://")
    }

    /// The user of a session. Not all have ever signed in through a provider.
    ///
    /// # Errors
    /// [`IdentityError::Store`].
    pub async fn user(&self, session: &Session) -> Result<User, IdentityError> {
        let found = self.parts.users.find(&session.user_id).await?;
        Ok(found.unwrap_or_else(|| User::without_identity(session.user_id.clone())))
    }

    /// The configured provider of that name.
    fn provider(&self, name: &str) -> Result<Provider, IdentityError> {
        let there = self.providers();
        name.parse()
            .ok()
            .filter(|provider| there.contains(provider))
            .ok_or_else(|| IdentityError::UnknownProvider {
                asked: name.to_owned(),
                there,
            })
    }

    /// Begins a session of whoever has this identity.
    async fn sign_in(&self, identity: &Identity) -> Result<SignedIn, IdentityError> {
        // Before the user is found: a deletion that begins after that ends the session.
        let now = self.parts.clock.now();
        // What proved the identity is good once.
        let user = settled(|| self.parts.users.sign_in(identity)).await?;
        let session = Session::beginning(user.user_id.clone(), names(&user), now);
        self.signed_in(user, &session)
    }

    fn signed_in(&self, user: User, session: &Session) -> Result<SignedIn, IdentityError> {
        let token = self.parts.sessions.token(session)?;
        Ok(SignedIn { user, token })
    }
}

/// As they stand in a token.
fn names(user: &User) -> Vec<String> {
    user.providers.iter().map(ToString::to_string).collect()
}
