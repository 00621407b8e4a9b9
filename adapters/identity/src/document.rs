use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::http::HttpClient;

/// After so long a document is fetched anew when it is needed.
const MAX_AGE: Duration = Duration::from_hours(1);

/// A document that lacked something is fetched again at most so often: a stranger's token may name
/// any key.
const MIN_INTERVAL: Duration = Duration::from_mins(1);

/// For so long after a failure nobody waits for another one.
const PAUSE: Duration = Duration::from_secs(5);

/// A JSON document of somebody else, fetched when it is first needed and kept. One caller at a time
/// fetches it; others wait for that only if they have no older one.
pub(crate) struct Document<T> {
    http: HttpClient,
    kept: Mutex<Kept<T>>,
    fetching: Arc<tokio::sync::Mutex<()>>,
}

struct Kept<T> {
    document: Option<Fetched<T>>,
    failed: Option<(Instant, String)>,
    /// When it was last fetched because it lacked something.
    renewed_at: Option<Instant>,
}

struct Fetched<T> {
    address: String,
    value: Arc<T>,
    at: Instant,
}

/// The document cannot be had.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unavailable(pub(crate) String);

impl<T: DeserializeOwned + Send + Sync + 'static> Document<T> {
    pub(crate) fn new(http: HttpClient) -> Self {
        let kept = Kept {
            document: None,
            failed: None,
            renewed_at: None,
        };
        Self {
            http,
            kept: Mutex::new(kept),
            fetching: Arc::default(),
        }
    }

    /// The document at `address`. An old one will do when there is no newer.
    pub(crate) async fn get(&self, address: &str) -> Result<Arc<T>, Unavailable> {
        match self.known(address) {
            Some((value, true)) => Ok(value),
            Some((value, false)) => {
                let Ok(_fetching) = self.fetching.try_lock() else {
                    return Ok(value);
                };
                Ok(self.fetch(address).await.unwrap_or(value))
            }
            None => {
                let _fetching = self.fetching.lock().await;
                match self.known(address) {
                    Some((value, _)) => Ok(value),
                    None => self.fetch(address).await,
                }
            }
        }
    }

    /// A document at `address` that is newer than `old`, which lacks something. None if it was fetched for
    /// that a moment ago.
    ///
    /// # Errors
    /// [`Unavailable`] if it cannot be had: a newer one might have what is lacking.
    pub(crate) async fn newer(
        self: &Arc<Self>,
        address: &str,
        old: &Arc<T>,
    ) -> Result<Option<Arc<T>>, Unavailable> {
        let fetching = Arc::clone(&self.fetching).lock_owned().await;
        {
            let kept = self.kept();
            let known = kept.document.as_ref().map(|known| &known.value);
            if let Some(newer) = known.filter(|known| !Arc::ptr_eq(known, old)) {
                return Ok(Some(Arc::clone(newer)));
            }
            if kept
                .renewed_at
                .is_some_and(|at| at.elapsed() < MIN_INTERVAL)
            {
                return Ok(None);
            }
        }
        // In a task of its own, which goes on when the caller has gone: a stranger who never waits could
        // have it fetched without end, and nobody would get what is lacking.
        let (document, address) = (Arc::clone(self), address.to_owned());
        let renewal = tokio::spawn(async move {
            let _fetching = fetching;
            document.renew(&address).await
        });
        let renewed = renewal.await;
        renewed
            .unwrap_or_else(|error| Err(Unavailable(error.to_string())))
            .map(Some)
    }

    async fn renew(&self, address: &str) -> Result<Arc<T>, Unavailable> {
        let newer = self.fetch(address).await?;
        self.kept().renewed_at = Some(Instant::now());
        Ok(newer)
    }

    /// The document at `address`, if it was fetched before, and whether it is still new.
    fn known(&self, address: &str) -> Option<(Arc<T>, bool)> {
        let kept = self.kept();
        let known = kept.document.as_ref()?;
        let value = || (Arc::clone(&known.value), known.at.elapsed() < MAX_AGE);
        (known.address == address).then(value)
    }

    async fn fetch(&self, address: &str) -> Result<Arc<T>, Unavailable> {
        if let Some((at, cause)) = &self.kept().failed
            && at.elapsed() < PAUSE
        {
            return Err(Unavailable(cause.clone()));
        }
        let fetched = self.http.get(address, None).await;
        let mut kept = self.kept();
        match fetched {
            Ok(value) => {
                let value = Arc::new(value);
                kept.failed = None;
                kept.document = Some(Fetched {
                    address: address.to_owned(),
                    value: Arc::clone(&value),
                    at: Instant::now(),
                });
                Ok(value)
            }
            Err(error) => {
                let cause = format!("cannot fetch {address}: {error}");
                tracing::warn!(cause, "a document of an identity provider is missing");
                kept.failed = Some((Instant::now(), cause.clone()));
                Err(Unavailable(cause))
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept<T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
