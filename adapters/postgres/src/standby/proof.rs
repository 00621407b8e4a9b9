use std::{
    collections::VecDeque,
    fmt::Display,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use syncline_application::ports::{Freshness, Incarnation, Page, PageQuery};
use syncline_domain::{access::Namespace, hlc::UnixMillis};
use tokio::time::Instant;

use super::told::Told;

/// How many marks of the primary are kept that the standby has not reached.
const MOST_MARKS: usize = 32;

/// Where the primary was at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Before it was asked.
    pub(super) instant: Instant,
    /// What its clock said.
    pub(super) present: UnixMillis,
    /// Its life.
    pub(super) incarnation: Incarnation,
    /// Up to where its log was written.
    pub(super) position: u64,
}

/// That the standby has everything that could be seen at the primary at the moment of a mark.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proof(Mark);

impl Proof {
    /// How much later it is now.
    pub(super) fn lag(&self) -> Duration {
        self.0.instant.elapsed()
    }

    /// Of which life of the database it is.
    pub(super) fn incarnation(&self) -> Incarnation {
        self.0.incarnation
    }

    /// Whether it is enough to answer a query, seen from what its caller was told.
    pub(super) fn is_enough(&self, query: &PageQuery, told: &Told) -> bool {
        let Freshness::Seen(incarnation) = query.freshness else {
            return false;
        };
        let is_same_life = incarnation.is_none_or(|known| known == self.0.incarnation);
        is_same_life && is_of_own(query) && told.last(query) < Some(self.0.instant)
    }

    /// Dates a page by the clock of the primary, at the latest that it can be.
    pub(super) fn date(&self, mut page: Page) -> Page {
        let elapsed = u64::try_from(self.lag().as_millis()).unwrap_or(u64::MAX);
        page.state.now = UnixMillis(self.0.present.0.saturating_add(elapsed));
        page
    }
}

/// Whether a query is about what is the caller's own alone. What others show they can take back, and
/// a standby learns of that late.
fn is_of_own(query: &PageQuery) -> bool {
    matches!(&query.scope.namespace, Namespace::Personal(owner) if *owner == query.reader)
}

/// What is known of the standby.
#[derive(Debug, Default)]
pub(super) struct Proofs(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Marks that the standby has not reached, the oldest first.
    marks: VecDeque<Mark>,
    latest: Option<Proof>,
    /// Why there is none, if that was said.
    failure: Option<String>,
}

impl Known {
    /// Takes what the standby has reached for proven, and tells whether that is news.
    fn reach(&mut self, replayed: u64) -> bool {
        let before = self.latest.is_some();
        while let Some(reached) = self.marks.front().copied() {
            if reached.position > replayed {
                break;
            }
            self.failure = None;
            self.latest = Some(Proof(reached));
            self.marks.pop_front();
        }
        self.latest.is_some() && !before
    }

    /// Forgets everything, and tells whether that is news: it was good before, or failed for another
    /// reason.
    fn fail(&mut self, reason: String) -> bool {
        self.marks.clear();
        self.latest = None;
        let reason = Some(reason);
        let is_news = self.failure != reason;
        self.failure = reason;
        is_news
    }
}

impl Proofs {
    pub(super) fn latest(&self) -> Option<Proof> {
        self.known().latest
    }

    /// Takes in a mark, and up to where the standby has replayed the log.
    pub(super) fn add(&self, mark: Mark, replayed: Option<u64>) {
        let Some(replayed) = replayed else {
            return self.fail("it is no standby");
        };
        let mut known = self.known();
        known.marks.push_back(mark);
        if known.reach(replayed) {
            tracing::info!("the standby answers pulls");
        }
        let is_behind = known.marks.len() > MOST_MARKS;
        drop(known);
        if is_behind {
            self.fail("it is too far behind");
        }
    }

    /// Forgets what was known: what answers next may be another.
    pub(super) fn fail(&self, error: impl Display) {
        if self.known().fail(error.to_string()) {
            tracing::warn!(%error, "the standby fails; the primary answers all pulls");
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use syncline_application::ports::Incarnation;
    use syncline_domain::hlc::UnixMillis;
    use tokio::time::Instant;

    use super::{Known, MOST_MARKS, Mark, Proofs};

    fn mark_at(position: u64) -> Mark {
        Mark {
            instant: Instant::now(),
            present: UnixMillis(0),
            incarnation: Incarnation([0; 16]),
            position,
        }
    }

    #[test]
    fn a_standby_that_follows_and_reaches_nothing_fails_until_it_does() {
        let proofs = Proofs::default();
        let far = |count: usize| (0..count).for_each(|_| proofs.add(mark_at(2), Some(1)));
        let is_failing = || proofs.known().failure.is_some();
        far(MOST_MARKS);
        assert!(!is_failing());
        far(1);
        assert!(is_failing());
        proofs.add(mark_at(2), Some(2));
        assert!(!is_failing() && proofs.latest().is_some());
    }

    #[test]
    fn a_failure_is_news_once_also_if_it_was_never_good() {
        let mut known = Known::default();
        assert!(known.fail("it is no standby".to_owned()));
        assert!(!known.fail("it is no standby".to_owned()));
        assert!(known.fail("it does not answer in time".to_owned()));
        known.failure = None;
        assert!(known.fail("it does not answer in time".to_owned()));
    }
}
