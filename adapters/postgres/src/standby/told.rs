use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use syncline_application::ports::{Audience, PageQuery, Poke, SubjectHash, subject_hash};
use syncline_domain::identifier::{ApplicationName, CollectionName};
use tokio::time::Instant;

/// How many moments are kept. Audiences that share one count as told of each other's changes, which
/// costs the primary a pull.
const MOMENTS: u64 = 4096;

/// How long what is told may not be heard.
const LONGEST_SILENCE: Duration = Duration::from_secs(2);

/// When callers were last told that something has changed.
#[derive(Debug, Default)]
pub(super) struct Told {
    hasher: RandomState,
    moments: Mutex<Moments>,
}

#[derive(Debug, Default)]
struct Moments {
    /// By a hash of who was told.
    kept: HashMap<u64, Instant>,
    /// When everybody was.
    everybody: Option<Instant>,
    /// Until when all that was told is here.
    heard: Option<Instant>,
}

/// Who is told of a change.
#[derive(Hash)]
enum Listeners<'q> {
    User(SubjectHash),
    Collection(&'q ApplicationName, &'q CollectionName),
}

impl Told {
    /// Notes that these changes are told now.
    pub(super) fn note(&self, pokes: &[Poke]) {
        let now = Instant::now();
        let mut moments = self.moments();
        for poke in pokes {
            match poke {
                // Whose account it is, is not said.
                Poke::Anything | Poke::Accounts | Poke::Membership { .. } => {
                    moments.everybody = Some(now);
                }
                Poke::Documents {
                    audience,
                    application,
                    collection,
                } => {
                    if let Some(listeners) = listeners(audience, application, collection) {
                        moments.kept.insert(self.place(&listeners), now);
                    }
                }
            }
        }
    }

    /// Notes that everything is here that was told until `instant`.
    pub(super) fn hear(&self, instant: Instant) {
        self.moments().heard = Some(instant);
    }

    /// Whether everything is here that was told, but for what is on its way.
    pub(super) fn is_heard(&self) -> bool {
        let heard = self.moments().heard;
        heard.is_some_and(|heard| heard.elapsed() < LONGEST_SILENCE)
    }

    /// When the caller of this query was told last; none if never.
    pub(super) fn last(&self, query: &PageQuery) -> Option<Instant> {
        let user = Listeners::User(subject_hash(&query.reader));
        let scope = &query.scope;
        let collection = Listeners::Collection(&scope.application, &scope.collection);
        let moments = self.moments();
        let told = |listeners| moments.kept.get(&self.place(&listeners)).copied();
        told(user).max(told(collection)).max(moments.everybody)
    }

    fn place(&self, listeners: &Listeners<'_>) -> u64 {
        self.hasher.hash_one(listeners) % MOMENTS
    }

    fn moments(&self) -> MutexGuard<'_, Moments> {
        self.moments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// None for members of an organisation: what they share is never read from a standby.
fn listeners<'q>(
    audience: &Audience,
    application: &'q ApplicationName,
    collection: &'q CollectionName,
) -> Option<Listeners<'q>> {
    match audience {
        Audience::User(user) => Some(Listeners::User(*user)),
        Audience::Members(_) => None,
        Audience::Readers(_) | Audience::Everybody => {
            Some(Listeners::Collection(application, collection))
        }
    }
}
