//! Whether the database is there.
//!
//! While it is away nobody waits for it: requests fail at once, and one task looks for it. When one
//! connection is found broken, those that are older are not used again.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{Connection, PgConnection, pool::PoolConnectionMetadata, postgres::PgConnectOptions};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use crate::location::Location;

/// How long the database may take to answer when it is asked whether it is there.
const ANSWER: Duration = Duration::from_secs(2);

/// How long until it is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// A connection that was idle for so long may be gone without a word.
pub(super) const LONG_IDLE: Duration = Duration::from_secs(30);

/// Keeps an eye on the database.
#[derive(Debug)]
pub(super) struct Watch {
    options: PgConnectOptions,
    is_standby: bool,
    is_away: watch::Sender<bool>,
    is_looking: AtomicBool,
    /// When a connection was last found broken.
    broken_at: Mutex<Option<Instant>>,
}

impl Watch {
    pub(super) fn new(location: &Location) -> Self {
        Self {
            options: location.for_requests(),
            is_standby: location.is_standby(),
            is_away: watch::Sender::new(false),
            is_looking: AtomicBool::new(false),
            broken_at: Mutex::new(None),
        }
    }

    pub(super) fn is_away(&self) -> bool {
        *self.is_away.borrow()
    }

    /// Waits for what begins to use a connection, but not for a database that is away.
    pub(super) async fn unless_away<T>(
        self: &Arc<Self>,
        begin: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        self.check()?;
        let mut is_away = self.is_away.subscribe();
        let result = tokio::select! {
            result = begin => result,
            _ = is_away.wait_for(|is_away| *is_away) => return Err(self.away()),
        };
        result.inspect_err(|error| self.hear(error))
    }

    /// Fails at once while the database is away.
    pub(super) fn check(&self) -> Result<(), sqlx::Error> {
        if self.is_away() {
            Err(self.away())
        } else {
            Ok(())
        }
    }

    /// Hears of an error. One that tells of a lost connection, or of waiting in vain for one, has
    /// somebody look for the database.
    pub(super) fn hear(self: &Arc<Self>, error: &sqlx::Error) {
        if !tells_of_loss(error) {
            return;
        }
        // Who waited in vain for a connection knows of none that is broken.
        if !matches!(error, sqlx::Error::PoolTimedOut) {
            self.note_broken();
        }
        self.look_soon();
    }

    /// Has somebody look for the database, unless somebody does.
    pub(super) fn look_soon(self: &Arc<Self>) {
        if !self.is_looking.swap(true, Ordering::AcqRel) {
            tokio::spawn(Arc::clone(self).look());
        }
    }

    /// Fails for a connection that was made before one was found broken, and while the database is
    /// away.
    pub(super) fn check_age(&self, about: &PoolConnectionMetadata) -> Result<bool, sqlx::Error> {
        let broken_for = self.broken_at().map(|instant| instant.elapsed());
        if broken_for.is_some_and(|broken_for| about.age > broken_for) {
            return Err(self.away());
        }
        self.check().map(|()| true)
    }

    /// Whether a connection that was good at this time may not be any more.
    pub(super) fn is_broken_since(&self, then: Instant) -> bool {
        self.is_away() || self.broken_at().is_some_and(|broken_at| broken_at >= then)
    }

    /// Whether an idle connection is still good. Only one that was idle for long costs a round trip.
    pub(super) async fn is_good(
        &self,
        connection: &mut PgConnection,
        about: &PoolConnectionMetadata,
    ) -> bool {
        if self.check_age(about).is_err() {
            return false;
        }
        if about.idle_for < LONG_IDLE {
            return true;
        }
        matches!(timeout(ANSWER, connection.ping()).await, Ok(Ok(())))
    }

    async fn look(self: Arc<Self>) {
        while let Err(error) = self.ask().await {
            if !self.is_away.send_replace(true) {
                let consequence = self.consequence();
                tracing::warn!(%error, "{} is away; {consequence} until it answers", self.name());
            }
            sleep(PAUSE).await;
        }
        if self.is_away() {
            // What was opened before may lead to a database that is gone.
            self.note_broken();
            self.is_away.send_replace(false);
            tracing::info!("{} answers again", self.name());
        }
        self.is_looking.store(false, Ordering::Release);
    }

    async fn ask(&self) -> Result<(), sqlx::Error> {
        let answer = async {
            let mut connection = PgConnection::connect_with(&self.options).await?;
            sqlx::raw_sql("SELECT 1").execute(&mut connection).await?;
            connection.close().await
        };
        match timeout(ANSWER, answer).await {
            // One that has no room for another connection is there.
            Ok(Err(error)) if !tells_of_loss(&error) => Ok(()),
            Ok(answer) => answer,
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    fn name(&self) -> &'static str {
        if self.is_standby {
            "the standby"
        } else {
            "the database"
        }
    }

    fn consequence(&self) -> &'static str {
        if self.is_standby {
            "the primary answers all pulls"
        } else {
            "requests are refused"
        }
    }

    fn away(&self) -> sqlx::Error {
        let rule = format!("{} is away", self.name());
        sqlx::Error::Io(io::Error::new(io::ErrorKind::NotConnected, rule))
    }

    fn broken_at(&self) -> Option<Instant> {
        *self
            .broken_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn note_broken(&self) {
        let mut broken_at = self
            .broken_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *broken_at = Some(Instant::now());
    }
}

/// A statement that was cancelled, or a full disk, tells of no loss.
fn tells_of_loss(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
        _ => false,
    }
}
