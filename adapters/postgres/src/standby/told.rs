use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use syncline_application::ports::{Audience, PageQuery, Poke, SubjectHash, subject_hash};
use syncline_domain::identifier::{ApplicationName, CollectionName};
use tokio::time::Instant;

/// How many moments are kept. Audiences that share one count as told of each other's changes, which
/// costs the primary a pull.
const MOMENTS: u64 = 4096;

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
                Poke::Anything | Poke::Membership { .. } => moments.everybody = Some(now),
                // Nobody pulls accounts.
                Poke::Accounts => {}
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
