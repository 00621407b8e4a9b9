//! Pulls from a physical standby. See ADR 0015.
//!
//! A task finds out of which moment the standby has everything. A page is read from it if the caller
//! has seen nothing that is later, and was told of nothing that is; what it says is used if no
//! transaction that matters could have been in progress there. All else is the primary's.

mod position;
mod proof;
mod told;

use std::{convert::Infallible, time::Duration};

use syncline_application::ports::{Page, PageQuery, Poke};
use syncline_domain::snapshot::{Snapshot, TransactionId};
use tokio::time::{Instant, timeout};

use crate::{location::Location, measures, page, pool::Pool};
pub(crate) use proof::Proof;
use proof::Proofs;
use told::Told;

/// The most that a standby may be behind.
pub(crate) const LONGEST_LAG: Duration = Duration::from_secs(5);

/// How long it may take to answer.
const ANSWER: Duration = Duration::from_secs(1);

/// How often it is found out how far it is, and whether all is heard of which callers are told.
pub(crate) const INTERVAL: Duration = Duration::from_millis(500);

/// Queries, or their pages, by their places among those that were asked together.
pub(crate) type Numbered<T> = Vec<(usize, T)>;

/// Queries by who may answer them.
pub(crate) struct Division {
    /// What is known of the standby at this moment.
    pub(crate) proof: Option<Proof>,
    /// Those that it may answer.
    pub(crate) possible: Numbered<PageQuery>,
    /// Those that only the primary can answer.
    pub(crate) others: Numbered<PageQuery>,
}

/// A copy of the database that follows it.
#[derive(Debug)]
pub(crate) struct Standby {
    pool: Pool,
    proofs: Proofs,
    told: Told,
}

impl Standby {
    pub(crate) fn new(location: Location, max_connections: u32) -> Self {
        Self {
            pool: Pool::connect_later(&location.of_standby(), max_connections),
            proofs: Proofs::default(),
            told: Told::default(),
        }
    }

    /// Finds out how far it is, for ever.
    pub(crate) async fn follow(&self, primary: &Pool) -> Infallible {
        let mut interval = tokio::time::interval(INTERVAL);
        loop {
            interval.tick().await;
            match timeout(ANSWER, position::find(primary, &self.pool)).await {
                Ok(Ok((mark, replayed))) => self.proofs.add(mark, replayed),
                Ok(Err(error)) => self.proofs.fail(error),
                Err(_) => self.proofs.fail("it does not answer in time"),
            }
        }
    }

    /// Hears of changes of which callers are told.
    pub(crate) fn note(&self, pokes: &[Poke]) {
        self.told.note(pokes);
    }

    /// Has heard everything of which callers were told until `instant`.
    pub(crate) fn hear(&self, instant: Instant) {
        self.told.hear(instant);
    }

    /// Which queries it may answer at this moment; the others are the primary's.
    pub(crate) fn divide(&self, queries: &[PageQuery]) -> Division {
        let proof = self.proofs.latest();
        let proof = proof.filter(|proof| proof.lag() < LONGEST_LAG && self.told.is_heard());
        let is_possible = |(_, query): &(usize, PageQuery)| {
            proof.is_some_and(|proof| proof.is_enough(query, &self.told))
        };
        let queries = queries.iter().cloned().enumerate();
        let (possible, others) = queries.partition(is_possible);
        Division {
            proof,
            possible,
            others,
        }
    }

    /// Reads pages, each with its number, and returns which queries only the primary can answer.
    pub(crate) async fn pages(
        &self,
        proof: Option<Proof>,
        queries: Numbered<PageQuery>,
    ) -> (Numbered<Page>, Numbered<PageQuery>) {
        let Some(proof) = proof.filter(|_| !queries.is_empty()) else {
            return (Vec::new(), queries);
        };
        let asked: Vec<_> = queries.iter().map(|(_, query)| query.clone()).collect();
        let mut read = self.read(&asked).await.unwrap_or_default().into_iter();
        let (mut pages, mut missing) = (Vec::new(), Vec::new());
        for (number, query) in queries {
            let page = read.next();
            match page.filter(|page| is_complete(&query, page, &proof)) {
                Some(page) => {
                    measures::page_of_standby();
                    pages.push((number, proof.date(page)));
                }
                None => missing.push((number, query)),
            }
        }
        (pages, missing)
    }

    /// The pages of these queries, if it reads them in time. One that takes long says nothing of the
    /// others; but when it fails, what answers next may be another.
    async fn read(&self, queries: &[PageQuery]) -> Option<Vec<Page>> {
        let reading = page::read_standby(&self.pool, queries);
        let pages = timeout(ANSWER, reading).await.ok()?;
        pages.unwrap_or_else(|error| {
            self.proofs.fail(error);
            None
        })
    }
}

/// Whether a page has everything that the caller has seen, and its cursor will have everything that
/// was read. On a standby nobody can tell which transactions are in progress, only before which
/// there is none.
fn is_complete(query: &PageQuery, page: &Page, proof: &Proof) -> bool {
    let paging = query.seen.paging.as_ref().map(|(end, _)| end);
    let ends = paging.into_iter().chain([&query.seen.begin]);
    let written = [query.seen.own, page.newest, page.newest_route];
    let written = written.into_iter().flatten().chain(page.resets.clone());
    let behind = written.map(|transaction: TransactionId| transaction.saturating_add(1));
    let needed = ends.map(Snapshot::end).chain(behind).max();
    page.state.incarnation == proof.incarnation() && needed <= Some(page.snapshot.end())
}
