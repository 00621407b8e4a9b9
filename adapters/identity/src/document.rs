use std::{sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use tokio::{sync::Mutex, time::Instant};

use crate::http::HttpClient;

/// After so long a document is fetched anew when it is needed.
const MAX_AGE: Duration = Duration::from_hours(1);

/// A document that lacked something is fetched again at most so often: a stranger's token may name
/// any key.
const MIN_INTERVAL: Duration = Duration::from_mins(1);

/// For so long after a failure nobody waits for another one.
const PAUSE: Duration = Duration::from_secs(5);

/// A JSON document of somebody else, fetched when it is first needed and kept. One caller at a time
/// fetches it; the others wait for that.
pub(crate) struct Document<T> {
    http: HttpClient,
    kept: Mutex<Kept<T>>,
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

impl<T: DeserializeOwned + Send + Sync> Document<T> {
    pub(crate) fn new(http: HttpClient) -> Self {
        let kept = Kept {
            document: None,
            failed: None,
            renewed_at: None,
        };
        Self {
            http,
            kept: Mutex::new(kept),
        }
    }

    /// The document at `address`. An old one will do when there is no newer.
    pub(crate) async fn get(&self, address: &str) -> Result<Arc<T>, Unavailable> {
        let mut kept = self.kept.lock().await;
        let known = kept
            .document
            .as_ref()
            .filter(|kept| kept.address == address);
        let known = known.map(|kept| (Arc::clone(&kept.value), kept.at.elapsed() < MAX_AGE));
        match known {
            Some((value, true)) => Ok(value),
            Some((value, false)) => Ok(self.fetch(&mut kept, address).await.unwrap_or(value)),
            None => self.fetch(&mut kept, address).await,
        }
    }

    /// A document at `address` that is newer than `old`, which lacks something.
    pub(crate) async fn newer(&self, address: &str, old: &Arc<T>) -> Option<Arc<T>> {
        let mut kept = self.kept.lock().await;
        let known = kept.document.as_ref().map(|kept| &kept.value);
        if let Some(newer) = known.filter(|&known| !Arc::ptr_eq(known, old)) {
            return Some(Arc::clone(newer));
        }
        let is_soon = kept
            .renewed_at
            .is_some_and(|at| at.elapsed() < MIN_INTERVAL);
        if is_soon {
            return None;
        }
        kept.renewed_at = Some(Instant::now());
        self.fetch(&mut kept, address).await.ok()
    }

    async fn fetch(&self, kept: &mut Kept<T>, address: &str) -> Result<Arc<T>, Unavailable> {
        if let Some((at, cause)) = &kept.failed
            && at.elapsed() < PAUSE
        {
            return Err(Unavailable(cause.clone()));
        }
        match self.http.get(address, None).await {
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
}
