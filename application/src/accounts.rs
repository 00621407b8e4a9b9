//! The end of an account: everything goes in one transaction, and tokens issued before are refused.
//!
//! Sessions are kept by their holders alone, so a token outlives its account. What is remembered of
//! a deleted account is a hash and an instant. Each process keeps them in memory, so that a request
//! costs no query, and is told by the database when there are more (ADR 0013).

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use syncline_domain::{hlc::UnixMillis, identifier::OrganisationId, organisation::Fate};
use tokio::sync::Mutex;

use crate::{
    contention::settled,
    ports::{Accounts, Clock, Session, StoreError, SubjectHash, subject_hash},
    slots::Slots,
};

/// How far the clock of whoever began a session may be ahead, in milliseconds.
const MOST_SKEW: u64 = 5 * 60 * 1000;

/// Why an account is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// An organisation would be left without an admin.
    #[error(
        "you are the last `org-admin` of the organisation {0}, which has other members; make one \
         of them an `org-admin` first, or delete the organisation"
    )]
    LastAdmin(OrganisationId),
    /// The account is being deleted already.
    #[error("the account is being deleted already; try again when that has ended")]
    Busy,
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The account was deleted after the session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account of this session was deleted; sign in again to begin another one")]
pub struct AccountDeleted;

/// Deletes accounts, and knows which were.
pub struct AccountService {
    accounts: Arc<dyn Accounts>,
    clock: Arc<dyn Clock>,
    deleted: RwLock<HashMap<SubjectHash, UnixMillis>>,
    /// Held while they are fetched: what was read first must not replace what was read later.
    fetching: Mutex<()>,
    /// Each has a connection to the database for as long as it takes.
    running: Slots,
}

impl AccountService {
    /// Puts the service together.
    #[must_use]
    pub fn new(accounts: Arc<dyn Accounts>, clock: Arc<dyn Clock>) -> Self {
        Self {
            accounts,
            clock,
            deleted: RwLock::default(),
            fetching: Mutex::default(),
            running: Slots::of_each_user(),
        }
    }

    /// Whether the account of a session is there still.
    ///
    /// # Errors
    /// [`AccountDeleted`].
    pub fn check(&self, session: &Session) -> Result<(), AccountDeleted> {
        let deleted = self.deleted.read().unwrap_or_else(PoisonError::into_inner);
        if deleted.is_empty() {
            return Ok(());
        }
        match deleted.get(&subject_hash(&session.user_id)) {
            Some(at) if session.session_began_at <= *at => Err(AccountDeleted),
            _ => Ok(()),
        }
    }

    /// Fetches which accounts were deleted, by other processes too.
    ///
    /// # Errors
    /// [`StoreError`]; what was known stays known.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let _turn = self.fetching.lock().await;
        let found = self.accounts.deleted().await?;
        let mut deleted = self.deleted.write().unwrap_or_else(PoisonError::into_inner);
        *deleted = found.into_iter().collect();
        Ok(())
    }

    /// Deletes the account of a session, with the organisations that have no other member. Deleting
    /// what is deleted does nothing.
    ///
    /// # Errors
    /// [`AccountError`]; then nothing was deleted.
    pub async fn delete(&self, session: &Session) -> Result<(), AccountError> {
        let slot = self.running.take(&session.user_id);
        let _slot = slot.ok_or(AccountError::Busy)?;
        settled(|| self.delete_once(session)).await
    }

    async fn delete_once(&self, session: &Session) -> Result<(), AccountError> {
        let user = &session.user_id;
        let Some(mut transaction) = self.accounts.lock_account(session).await? else {
            return Ok(self.refresh().await?);
        };
        for organisation in transaction.organisations().await? {
            match organisation.belonging.fate() {
                Ok(Fate::GoesOn) => {}
                Ok(Fate::Ends) => transaction.delete_organisation(&organisation.id).await?,
                Err(_) => return Err(AccountError::LastAdmin(organisation.id)),
            }
        }
        // Whoever began the session may have a clock ahead of this one, as far as that is allowed.
        let now = self.clock.now();
        let latest = UnixMillis(now.0.saturating_add(MOST_SKEW));
        let at = now.max(session.session_began_at.min(latest));
        transaction.delete(&subject_hash(user), at).await?;
        transaction.commit().await?;
        Ok(self.refresh().await?)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
    };

    use async_trait::async_trait;
    use futures::{FutureExt, future::join3};
    use syncline_domain::{hlc::UnixMillis, identifier::UserId};
    use tokio::sync::Notify;

    use super::AccountService;
    use crate::ports::{
        AccountTransaction, Accounts, Clock, Session, StoreError, SubjectHash, subject_hash,
    };

    const NOW: UnixMillis = UnixMillis(1_000);

    struct Still;

    impl Clock for Still {
        fn now(&self) -> UnixMillis {
            NOW
        }
    }

    /// One account is deleted once somebody has read of none, whose answer comes late.
    #[derive(Default)]
    struct LateAnswer {
        is_asked: AtomicBool,
        comes: Notify,
    }

    #[async_trait]
    impl Accounts for LateAnswer {
        async fn lock_account(
            &self,
            _: &Session,
        ) -> Result<Option<Box<dyn AccountTransaction>>, StoreError> {
            Err(StoreError::Contention)
        }

        async fn deleted(&self) -> Result<Vec<(SubjectHash, UnixMillis)>, StoreError> {
            if self.is_asked.swap(true, Ordering::Relaxed) {
                return Ok(vec![(subject_hash(&ada()), NOW)]);
            }
            self.comes.notified().await;
            Ok(Vec::new())
        }
    }

    fn ada() -> UserId {
        UserId::new("ada").unwrap()
    }

    #[test]
    fn a_late_answer_does_not_bring_an_account_back() {
        let late = Arc::new(LateAnswer::default());
        let service = AccountService::new(late.clone(), Arc::new(Still));
        let answer = async { late.comes.notify_one() };
        let mut all = pin!(join3(service.refresh(), service.refresh(), answer));
        let ended = (0..9).find_map(|_| all.as_mut().now_or_never());
        let (first, second, ()) = ended.unwrap();
        first.and(second).unwrap();
        let session = Session::beginning(ada(), Vec::new(), NOW);
        assert!(service.check(&session).is_err());
    }
}
