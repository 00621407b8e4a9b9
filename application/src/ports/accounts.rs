use async_trait::async_trait;
use sha2::{Digest, Sha256};
use syncline_domain::{
    hlc::UnixMillis,
    identifier::{OrganisationId, UserId},
    organisation::Belonging,
};

use super::{Session, StoreError};

/// The hash by which a user is known where no name may stand: SHA-256 of the user id.
pub type SubjectHash = [u8; 32];

/// The hash of a user.
#[must_use]
pub fn subject_hash(user: &UserId) -> SubjectHash {
    Sha256::digest(user.as_str().as_bytes()).into()
}

/// An organisation to which a user belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnOrganisation {
    /// Which.
    pub id: OrganisationId,
    /// As what, and among whom.
    pub belonging: Belonging,
}

/// Accounts, as far as they can be deleted.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Begins a unit of work on everything that is the user's, and locks it: who writes there is
    /// waited for, and nobody else begins. Dropping it takes everything back. None if the account was
    /// deleted after the session began: the user may have another by now.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn lock_account(
        &self,
        session: &Session,
    ) -> Result<Option<Box<dyn AccountTransaction>>, StoreError>;

    /// The accounts that are remembered to be deleted, and when they were.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn deleted(&self) -> Result<Vec<(SubjectHash, UnixMillis)>, StoreError>;
}

/// A unit of work on an account that is locked.
#[async_trait]
pub trait AccountTransaction: Send {
    /// The organisations to which the user belongs, locked as well.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn organisations(&mut self) -> Result<Vec<OwnOrganisation>, StoreError>;

    /// Removes an organisation of the user's with everything in it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn delete_organisation(&mut self, id: &OrganisationId) -> Result<(), StoreError>;

    /// Removes everything that is the user's or names the user, and remembers until the tokens
    /// issued before `at` have expired that this happened.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Contention`] if the user has come into an organisation meanwhile.
    async fn delete(&mut self, hash: &SubjectHash, at: UnixMillis) -> Result<(), StoreError>;

    /// Makes everything durable.
    ///
    /// # Errors
    /// [`StoreError`]; whether it took place is then unknown.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
