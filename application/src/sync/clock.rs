use std::sync::{Arc, Mutex, PoisonError};

use syncline_domain::hlc::{Hlc, HlcError, Node, UnixMillis};

use crate::ports::Clock;

/// The server's own Hybrid Logical Clock, one per process.
pub struct ServerClock {
    wall: Arc<dyn Clock>,
    latest: Mutex<Hlc>,
}

impl ServerClock {
    /// A clock that stamps with `node`, which no other process uses.
    #[must_use]
    pub fn new(wall: Arc<dyn Clock>, node: Node) -> Self {
        let latest = Mutex::new(Hlc::zero().with_node(node));
        Self { wall, latest }
    }

    /// The wall clock's time.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        self.wall.now()
    }

    /// A stamp later than `above` and than every stamp before.
    ///
    /// # Errors
    /// [`HlcError::Exhausted`] at the end of all time.
    pub fn stamp(&self, above: &Hlc) -> Result<Hlc, HlcError> {
        let now = self.now();
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = latest.receive(above, now)?;
        Ok(latest.clone())
    }
}
