//! The device's time, and how long to wait for what.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use syncline_domain::hlc::UnixMillis;

const FIRST: Duration = Duration::from_secs(1);
const GREATEST: Duration = Duration::from_mins(1);

/// Tells the device's time.
pub(super) type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// The time of the device's system.
#[expect(
    clippy::disallowed_methods,
    reason = "a store is where the core meets the device: this is the clock that is passed on"
)]
pub(super) fn now() -> UnixMillis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// How long to wait after so many failures in a row: twice as long after each, at most a minute, and
/// at random between half of that and all of it, so that devices do not come back all at once.
pub(super) fn back_off(failures: u32) -> Duration {
    let longest = FIRST.saturating_mul(2_u32.saturating_pow(failures));
    longest.min(GREATEST).mul_f64(0.5 + random() / 2.0)
}

/// About so long: devices that began together do not stay together.
pub(super) fn roughly(duration: Duration) -> Duration {
    duration.mul_f64(0.8 + random() * 0.4)
}

/// At least 0 and below 1. The keys of the standard library's hash tables are random.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(());
    let high = u32::try_from(bits >> 32).unwrap_or_default();
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{back_off, roughly};

    #[test]
    fn pauses_grow_up_to_a_minute() {
        for (failures, longest) in [(0, 1), (1, 2), (5, 32), (6, 60), (90, 60)] {
            let longest = Duration::from_secs(longest);
            for _ in 0..100 {
                let pause = back_off(failures);
                assert!((longest / 2..=longest).contains(&pause), "{pause:?}");
            }
        }
        let minute = Duration::from_mins(1);
        assert!((minute * 8 / 10..=minute * 12 / 10).contains(&roughly(minute)));
    }
}
