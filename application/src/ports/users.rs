use std::time::Duration;

use async_trait::async_trait;
use syncline_domain::{
    identifier::UserId,
    identity::{Identity, Profile, Provider},
};

use super::{Session, StoreError};

/// A person who signs in here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Who it is.
    pub user_id: UserId,
    /// What the first provider that said so says of the person.
    pub profile: Profile,
    /// Through which providers the person signs in, in the order in which they were linked.
    pub providers: Vec<Provider>,
}

impl User {
    /// A user who has never signed in through a provider, but has a session.
    #[must_use]
    pub fn without_identity(user_id: UserId) -> Self {
        Self {
            user_id,
            profile: Profile::default(),
            providers: Vec::new(),
        }
    }
}

/// What came of linking an identity to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// It is the user's, and may have been before.
    Done,
    /// It is another user's.
    OfAnother,
    /// The user has another identity of the same provider.
    BesideAnother,
    /// The user's account was deleted after the session began.
    AccountDeleted,
}

/// What came of taking a provider from a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinked {
    /// The user no longer signs in through it.
    Done,
    /// It was the only one.
    IsLast,
    /// The user did not sign in through it.
    WasNot,
}

/// The hash of a one-time code.
pub type CodeHash = [u8; 32];

/// Users, their identities, and one-time codes.
#[async_trait]
pub trait Users: Send + Sync {
    /// The user, if one of that id has ever signed in through a provider.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn find(&self, user_id: &UserId) -> Result<Option<User>, StoreError>;

    /// The user whose identity it is. A new identity makes a new user, once, however many sign in
    /// with it at the same instant.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Contention`] if the account is deleted at the same time.
    async fn sign_in(&self, identity: &Identity) -> Result<User, StoreError>;

    /// Gives an identity to the user of a session.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Contention`] if the account is deleted at the same time.
    async fn link(&self, session: &Session, identity: &Identity) -> Result<Linked, StoreError>;

    /// Takes a provider from a user, but never the last of those `there`, through whom people can sign
    /// in.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn unlink(
        &self,
        user_id: &UserId,
        provider: Provider,
        there: &[Provider],
    ) -> Result<Unlinked, StoreError>;

    /// Keeps a proven identity under a code, and forgets those whose time is over.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn keep_code(
        &self,
        code: &CodeHash,
        identity: &Identity,
        lifetime: Duration,
    ) -> Result<(), StoreError>;

    /// The identity that is kept under a code: once, and while its time lasts.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn take_code(&self, code: &CodeHash) -> Result<Option<Identity>, StoreError>;
}
