//! Sharing: what owners say of the readers of their documents.
//!
//! The rules are those of [`syncline_domain::access`]. Whoever is not the owner is told that there
//! is no such document.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use syncline_domain::access::{AccessChange, AccessChangeError};

use crate::{
    contention::settled,
    ports::{
        AccessEntries, EntryQuery, EntryTransaction, Randomness, ShareTokenHash, StoreError,
        StoredEntry,
    },
};

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// There is no such document, or it is another's.
    #[error("you own no document with this key in this application")]
    NotFound,
    /// There is no such link, any more or ever.
    #[error("this link leads nowhere; ask whoever gave it to you for another")]
    NoSuchLink,
    /// The key stands in several collections.
    #[error("collection: the key stands in several; say which with `?collection=`")]
    WhichCollection,
    /// The change breaks a rule.
    #[error(transparent)]
    Refused(#[from] AccessChangeError),
    /// No token can be made.
    #[error("the operating system has no random bytes to give")]
    NoRandomness,
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps access entries.
pub struct AccessService {
    entries: Arc<dyn AccessEntries>,
    randomness: Arc<dyn Randomness>,
}

impl AccessService {
    /// Puts the service together.
    #[must_use]
    pub fn new(entries: Arc<dyn AccessEntries>, randomness: Arc<dyn Randomness>) -> Self {
        Self {
            entries,
            randomness,
        }
    }

    /// The entry of a document of the caller.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn get(&self, query: &EntryQuery) -> Result<StoredEntry, AccessError> {
        let found = self.entries.entries(query).await?;
        the_only(&found).cloned()
    }

    /// Changes to whom the document is visible.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn change(
        &self,
        query: &EntryQuery,
        change: &AccessChange,
    ) -> Result<StoredEntry, AccessError> {
        self.change_it(query, |mut transaction| async move {
            let (found, organisations) = transaction.found();
            let current = the_only(found)?;
            let changed = current.entry.changed(change, &query.owner, organisations)?;
            transaction.store(&changed).await?;
            committed(transaction).await
        })
        .await
    }

    /// Says to whom the document is visible unless that was said before, and returns whether it was
    /// not.
    ///
    /// # Errors
    /// [`AccessError`].
    pub(crate) async fn say_first(
        &self,
        query: &EntryQuery,
        change: &AccessChange,
    ) -> Result<bool, AccessError> {
        self.change_it(query, |mut transaction| async move {
            let (found, organisations) = transaction.found();
            let current = the_only(found)?;
            if !current.is_implied {
                return Ok(false);
            }
            let changed = current.entry.changed(change, &query.owner, organisations)?;
            transaction.store(&changed).await?;
            committed(transaction).await?;
            Ok(true)
        })
        .await
    }

    /// Makes a link to the document and returns its token, which is shown this once. An earlier
    /// link leads nowhere from then on.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn mint_share_token(
        &self,
        query: &EntryQuery,
    ) -> Result<(String, StoredEntry), AccessError> {
        let bytes = self.randomness.bytes().ok_or(AccessError::NoRandomness)?;
        let token = URL_SAFE_NO_PAD.encode(bytes);
        let entry = self.set_share_token(query, Some(hash(&token))).await?;
        Ok((token, entry))
    }

    /// Revokes the link to the document, if there is one.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn revoke_share_token(&self, query: &EntryQuery) -> Result<StoredEntry, AccessError> {
        self.set_share_token(query, None).await
    }

    /// The document to which a link leads, as a JSON object.
    ///
    /// # Errors
    /// [`AccessError::NoSuchLink`], or of the store.
    pub async fn open_link(&self, token: &str) -> Result<String, AccessError> {
        let document = self.entries.linked_document(&hash(token)).await?;
        document.ok_or(AccessError::NoSuchLink)
    }

    async fn set_share_token(
        &self,
        query: &EntryQuery,
        token: Option<ShareTokenHash>,
    ) -> Result<StoredEntry, AccessError> {
        self.change_it(query, |mut transaction| async move {
            the_only(transaction.found().0)?;
            transaction.set_share_token(token).await?;
            committed(transaction).await
        })
        .await
    }

    /// Runs a unit of work on an entry that is locked.
    async fn change_it<T, Work>(
        &self,
        query: &EntryQuery,
        work: impl Fn(Box<dyn EntryTransaction>) -> Work,
    ) -> Result<T, AccessError>
    where
        Work: Future<Output = Result<T, AccessError>>,
    {
        let attempt = || async { work(self.entries.lock_entry(query).await?).await };
        settled(attempt).await
    }
}

async fn committed(transaction: Box<dyn EntryTransaction>) -> Result<StoredEntry, AccessError> {
    transaction.commit().await?.ok_or(AccessError::NotFound)
}

fn the_only(found: &[StoredEntry]) -> Result<&StoredEntry, AccessError> {
    match found {
        [] => Err(AccessError::NotFound),
        [only] => Ok(only),
        _ => Err(AccessError::WhichCollection),
    }
}

/// What is kept of a token: whoever reads the database cannot follow its links.
fn hash(token: &str) -> ShareTokenHash {
    Sha256::digest(token.as_bytes()).into()
}
