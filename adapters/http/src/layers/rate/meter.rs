use std::{
    hash::{BuildHasher, Hash, RandomState},
    marker::PhantomData,
    num::NonZeroU32,
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

use crate::error::{ApiError, ErrorCode};

/// Clients are counted in so many slots, which bounds the memory: about 10 MB for a meter whose
/// every slot is in use. Clients that share one, by a hash that nobody can foresee, share a limit.
const SLOTS: u64 = 1 << 18;

/// Counts what each client does, and says when it was too much.
pub(super) struct Meter<K> {
    what: &'static str,
    /// None if nothing is counted.
    limiter: Option<DefaultKeyedRateLimiter<u64>>,
    hasher: RandomState,
    client: PhantomData<fn(&K)>,
}

impl<K: Hash> Meter<K> {
    /// Allows so many of `what` in a minute, at once or one after the other; any number if it is 0.
    pub(super) fn per_minute(what: &'static str, number: u32) -> Self {
        let quota = NonZeroU32::new(number).map(Quota::per_minute);
        Self {
            what,
            limiter: quota.map(RateLimiter::keyed),
            hasher: RandomState::new(),
            client: PhantomData,
        }
    }

    /// Counts one of a client, unless it is one too many.
    ///
    /// # Errors
    /// What is answered then.
    pub(super) fn count(&self, client: &K) -> Result<(), ApiError> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        let slot = self.hasher.hash_one(client) % SLOTS;
        limiter.check_key(&slot).map_err(|until| {
            let wait = until.wait_time_from(limiter.clock().now());
            self.refusal(wait.as_secs_f64().ceil().max(1.0))
        })
    }

    fn refusal(&self, seconds: f64) -> ApiError {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a wait is positive, and shorter than a minute"
        )]
        let seconds = seconds as u32;
        let what = self.what;
        let sentence = format!("There were too many {what}; try again in {seconds} seconds");
        ApiError {
            retry_after_seconds: Some(seconds),
            ..ApiError::new(ErrorCode::RateLimited, sentence)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Meter;
    use crate::error::ErrorCode;

    #[test]
    fn what_is_too_much_is_refused_until_the_next_one_is_due() {
        let meter = Meter::per_minute("requests", 3);
        for _ in 0..3 {
            meter.count(&"ada").unwrap();
        }
        let refusal = meter.count(&"ada").unwrap_err();
        assert_eq!(refusal.code, ErrorCode::RateLimited);
        assert!(
            (1..=20).contains(&refusal.retry_after_seconds.unwrap()),
            "{refusal:?}"
        );
    }

    #[test]
    fn clients_are_counted_apart() {
        let meter = Meter::per_minute("requests", 1);
        // A few of them may share a slot, by chance.
        let counted = (0..1000).filter(|client| meter.count(client).is_ok());
        assert!(counted.count() > 980);
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let meter = Meter::per_minute("requests", 0);
        for _ in 0..100_000 {
            meter.count(&"ada").unwrap();
        }
    }
}
