//! Units of work that run again when another one was in their way.

use crate::{
    access::AccessError, accounts::AccountError, organisations::OrganisationError,
    ports::StoreError,
};

/// How often a unit of work is tried. Each attempt may wait for a while, with a connection to the database.
const ATTEMPTS: usize = 3;

/// Why a unit of work was not done.
pub(crate) trait Failure {
    /// Whether another unit of work was in its way, so that it may be done the next time.
    fn is_contention(&self) -> bool;
}

/// Runs a unit of work until no other one is in its way, or has been each time.
pub(crate) async fn settled<T, E, Attempt>(mut attempt: impl FnMut() -> Attempt) -> Result<T, E>
where
    E: Failure,
    Attempt: Future<Output = Result<T, E>>,
{
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(error) if error.is_contention() => {}
            result => return result,
        }
    }
    attempt().await
}

impl Failure for StoreError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Contention)
    }
}

impl Failure for AccessError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

impl Failure for AccountError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

impl Failure for OrganisationError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}
