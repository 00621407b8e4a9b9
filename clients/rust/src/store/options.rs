//! How to open a store.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use syncline_domain::{hlc::UnixMillis, identifier::UserId};

use super::{
    clock::{self, Clock},
    error::StoreError,
    person::Person,
    session::{GetToken, NewToken},
};
use crate::transport::bearer;

/// How often to pull without live pokes, unless the application decides.
const POLL_INTERVAL: Duration = Duration::from_mins(1);

/// How many documents the server sends at a time, unless the application decides.
const PAGE_DOCUMENTS: u32 = 500;

/// How many documents a server sends at a time, at the most.
const MOST_DOCUMENTS: u32 = 5_000;

/// How to open a store.
#[derive(Clone)]
pub struct StoreOptions {
    pub(super) url: String,
    pub(super) application: String,
    pub(super) token: String,
    pub(super) path: PathBuf,
    pub(super) user: Option<UserId>,
    pub(super) get_token: Option<GetToken>,
    pub(super) poll_interval: Option<Duration>,
    pub(super) page_size: u32,
    pub(super) is_offline: bool,
    pub(super) clock: Clock,
}

impl StoreOptions {
    /// The documents of a user in `application` on the server at `url`, kept in the file at `path`,
    /// whatever its name is.
    /// The session's `token` may have expired: it tells whose documents these are.
    #[must_use]
    pub fn new(url: &str, application: &str, token: &str, path: impl AsRef<Path>) -> Self {
        Self {
            url: url.to_owned(),
            application: application.to_owned(),
            token: token.to_owned(),
            path: path.as_ref().to_owned(),
            user: None,
            get_token: None,
            poll_interval: Some(POLL_INTERVAL),
            page_size: PAGE_DOCUMENTS,
            is_offline: false,
            clock: Arc::new(clock::now),
        }
    }

    /// Whose documents these are, for tokens that do not tell. Where one does, it has to be the same, or
    /// what the server calls it: `acme|7` for the user `7` of another issuer.
    #[must_use]
    pub fn user(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// Gives a new token when the server no longer accepts the old one. What it returns is dropped when
    /// [`Store::set_token`](super::Store::set_token) is called meanwhile.
    #[must_use]
    pub fn get_token(mut self, get_token: impl Fn() -> NewToken + Send + Sync + 'static) -> Self {
        self.get_token = Some(Arc::new(get_token));
        self
    }

    /// How often to pull without live pokes, above zero: a minute unless said otherwise, none for never.
    #[must_use]
    pub fn poll_interval(mut self, interval: Option<Duration>) -> Self {
        self.poll_interval = interval;
        self
    }

    /// How many documents the server sends at a time, 1 to 5,000: 500 unless said otherwise.
    #[must_use]
    pub fn page_size(mut self, documents: u32) -> Self {
        self.page_size = documents;
        self
    }

    /// Never uses the network: what is edited waits until the store is opened without this.
    #[must_use]
    pub fn offline(mut self) -> Self {
        self.is_offline = true;
        self
    }

    /// What tells the device's time, in place of its system's clock. A clock that is wrong costs nothing
    /// but a refusal, after which edits are stamped anew.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> UnixMillis + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        if !(1..=MOST_DOCUMENTS).contains(&self.page_size) {
            let rule = format!("the page size is a number from 1 to {MOST_DOCUMENTS}");
            return Err(StoreError::Options(rule));
        }
        if self.poll_interval == Some(Duration::ZERO) {
            let rule = "the poll interval is above zero: none is never".to_owned();
            return Err(StoreError::Options(rule));
        }
        bearer(&self.token)?;
        Ok(())
    }

    /// Where the documents are kept. SQLite takes some names, but no whole path, for something else
    /// than a file.
    pub(super) fn file(&self) -> Result<PathBuf, StoreError> {
        std::path::absolute(&self.path)
            .map_err(|error| StoreError::Options(format!("the path of the file is wrong: {error}")))
    }

    pub(super) fn person(&self) -> Result<Person, StoreError> {
        Person::of(&self.token, self.user.clone())
    }
}

impl fmt::Debug for StoreOptions {
    /// Without the token.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoreOptions")
            .field("url", &self.url)
            .field("application", &self.application)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
