use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use syncline_domain::{
    hlc::UnixMillis,
    identifier::{ApplicationName, CollectionName, OrganisationId},
};
use tokio::sync::Notify;

use super::hub::Hub;
use crate::ports::Session;

/// With more collections that wait, a device is told that anything may have changed.
const MOST_COLLECTIONS: usize = 64;

/// What a device is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// Anything may have changed.
    Anything,
    /// A collection may have changed.
    Collection {
        /// Which.
        collection: CollectionName,
        /// In whose namespace; none for the user's own.
        organisation: Option<OrganisationId>,
    },
}

/// What waits for one device.
pub(super) struct Waiting {
    pub(super) session: Session,
    pub(super) application: ApplicationName,
    /// Whether it is told of documents that everybody may see.
    pub(super) everybody: bool,
    hints: Mutex<Hints>,
    woken: Notify,
}

#[derive(Default)]
struct Hints {
    pending: BTreeSet<Hint>,
    is_over: bool,
}

impl Waiting {
    pub(super) fn new(session: Session, application: ApplicationName, everybody: bool) -> Self {
        Self {
            session,
            application,
            everybody,
            hints: Mutex::default(),
            woken: Notify::new(),
        }
    }

    pub(super) fn tell(&self, hint: Hint) {
        let mut hints = self.hints();
        if hints.pending.contains(&Hint::Anything) {
            return;
        }
        let is_full = hints.pending.len() == MOST_COLLECTIONS && !hints.pending.contains(&hint);
        if hint == Hint::Anything || is_full {
            hints.pending = [Hint::Anything].into();
        } else {
            hints.pending.insert(hint);
        }
        self.woken.notify_one();
    }

    pub(super) fn end(&self) {
        self.hints().is_over = true;
        self.woken.notify_one();
    }

    fn hints(&self) -> MutexGuard<'_, Hints> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hints for one device.
pub struct LiveStream {
    waiting: Arc<Waiting>,
    hub: Arc<Mutex<Hub>>,
    ends_at: UnixMillis,
}

impl LiveStream {
    pub(super) fn new(waiting: Arc<Waiting>, hub: Arc<Mutex<Hub>>, ends_at: UnixMillis) -> Self {
        Self {
            waiting,
            hub,
            ends_at,
        }
    }

    /// When its session ends, and it with it.
    #[must_use]
    pub fn ends_at(&self) -> UnixMillis {
        self.ends_at
    }

    /// Waits for the next hint; none when the stream is over.
    pub async fn next(&mut self) -> Option<Hint> {
        loop {
            {
                let mut hints = self.waiting.hints();
                if hints.is_over {
                    return None;
                }
                if let Some(hint) = hints.pending.pop_first() {
                    return Some(hint);
                }
            }
            self.waiting.woken.notified().await;
        }
    }
}

impl Drop for LiveStream {
    fn drop(&mut self) {
        let mut hub = self.hub.lock().unwrap_or_else(PoisonError::into_inner);
        hub.remove(&self.waiting);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::FutureExt;
    use syncline_domain::{
        hlc::UnixMillis,
        identifier::{ApplicationName, CollectionName, UserId},
    };

    use super::{Hint, LiveStream, MOST_COLLECTIONS, Waiting};
    use crate::ports::Session;

    fn stream() -> LiveStream {
        let user = UserId::new("ada").unwrap();
        let session = Session::beginning(user, Vec::new(), UnixMillis(0));
        let application = ApplicationName::new("todo").unwrap();
        let waiting = Arc::new(Waiting::new(session, application, true));
        LiveStream::new(waiting, Arc::default(), UnixMillis(0))
    }

    fn hint(number: usize) -> Hint {
        Hint::Collection {
            collection: CollectionName::new(&format!("{number:03}")).unwrap(),
            organisation: None,
        }
    }

    fn read(stream: &mut LiveStream) -> Vec<Hint> {
        std::iter::from_fn(|| stream.next().now_or_never().flatten()).collect()
    }

    #[test]
    fn a_collection_waits_once() {
        let mut stream = stream();
        assert_eq!(stream.next().now_or_never(), None, "it waits");
        for number in [1, 0, 1, 1] {
            stream.waiting.tell(hint(number));
        }
        assert_eq!(read(&mut stream), [hint(0), hint(1)]);
        stream.waiting.tell(hint(1));
        assert_eq!(read(&mut stream), [hint(1)]);
    }

    #[test]
    fn too_many_collections_are_anything() {
        let mut stream = stream();
        for number in (0..MOST_COLLECTIONS).chain([0]) {
            stream.waiting.tell(hint(number));
        }
        assert_eq!(read(&mut stream).len(), MOST_COLLECTIONS);
        for number in 0..MOST_COLLECTIONS + 2 {
            stream.waiting.tell(hint(number));
        }
        assert_eq!(read(&mut stream), [Hint::Anything]);
    }

    #[test]
    fn a_stream_that_is_over_tells_nothing_more() {
        let mut stream = stream();
        stream.waiting.tell(hint(0));
        stream.waiting.end();
        assert_eq!(stream.next().now_or_never(), Some(None));
    }
}
