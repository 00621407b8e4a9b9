//! The wall clock of the devices.

use std::time::{SystemTime, UNIX_EPOCH};

use syncline_domain::hlc::UnixMillis;

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "the devices of a benchmark live in real time"
)]
pub(crate) fn now() -> UnixMillis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
