//! Synchronises what is due, one scope after the other, again and again.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout_at},
};

use super::{
    clock::{back_off, roughly},
    error::StoreError,
    events::Status,
    inner::{Inner, Pass},
    pass,
    scope::Scope,
};
use crate::TransportError;

/// How long after an edit it is pushed, so that a few edits in a row go together.
const GATHER: Duration = Duration::from_millis(50);

/// How long an error that only the user can mend is left alone.
const PATIENCE: Duration = Duration::from_mins(1);

/// How much rarer the regular pulls are while live pokes come.
const LIVE_FACTOR: u32 = 5;

/// Nothing waits longer.
const FOR_EVER: Duration = Duration::from_hours(24 * 365);

pub(super) async fn run(inner: &Inner) {
    let mut sign_ins = inner.remote.session.sign_ins();
    let mut failures = 0;
    let mut poll_at = next_poll(inner);
    inner.demand.kick_all();
    loop {
        sign_ins.mark_unchanged();
        let due = inner.demand.take();
        let is_all = due.all || Instant::now() >= poll_at;
        inner.tell(Status::Syncing);
        let result = synchronise(inner, due.scopes, is_all).await;
        if is_all {
            poll_at = next_poll(inner);
        }
        let error = result.as_ref().err().cloned().map(Arc::new);
        let failure = error.clone().filter(|error| !error.is_refusal());
        let retry_after = failure.as_ref().map(|error| delay_after(error, failures));
        failures = if failure.is_some() { failures + 1 } else { 0 };
        let status = match (error, retry_after) {
            (Some(error), Some(retry_after)) => Status::Waiting { error, retry_after },
            (Some(error), None) => Status::Refused { error },
            (None, _) => Status::Idle,
        };
        inner.tell(status);
        inner.passes.send_replace(Pass {
            ticket: due.ticket,
            error: result.err(),
        });
        match retry_after {
            Some(retry_after) => pause(inner, retry_after, &mut sign_ins).await,
            None => wait(inner, poll_at).await,
        }
    }
}

/// Waits after a failure. The next attempt is planned already: only whoever insists, and a new session,
/// come before it.
async fn pause(inner: &Inner, retry_after: Duration, sign_ins: &mut watch::Receiver<()>) {
    let insisted = async {
        while !inner.demand.is_urgent() {
            inner.demand.more().await;
        }
    };
    tokio::select! {
        () = insisted => {}
        _ = sign_ins.changed() => {}
        () = sleep(retry_after) => {}
    }
    inner.demand.kick_all();
}

/// Waits until it is time for the next pass.
async fn wait(inner: &Inner, poll_at: Instant) {
    while !inner.demand.is_any() {
        if timeout_at(poll_at, inner.demand.more()).await.is_err() {
            return;
        }
    }
    let gathered = Instant::now() + GATHER;
    if !inner.demand.is_urgent() {
        sleep_until(gathered).await;
    }
}

/// Gives the first error that concerns one scope alone, or the one that ended it.
async fn synchronise(
    inner: &Inner,
    mut due: BTreeSet<Scope>,
    is_all: bool,
) -> Result<(), StoreError> {
    let result = work_off(inner, &mut due, is_all).await;
    inner.demand.put_back(due);
    result
}

/// Leaves in `due` what is due still.
async fn work_off(
    inner: &Inner,
    due: &mut BTreeSet<Scope>,
    is_all: bool,
) -> Result<(), StoreError> {
    if is_all {
        due.extend(inner.scopes().await?);
    }
    let mut refusal = Ok(());
    while let Some(scope) = due.first().cloned() {
        match pass::run(inner, &inner.replica(&scope)).await {
            Err(error) if error.is_refusal() => refusal = refusal.and(Err(error)),
            result => result?,
        }
        due.remove(&scope);
    }
    refusal
}

/// How long to wait after a failure that came after so many others in a row.
pub(super) fn delay_after(error: &StoreError, failures: u32) -> Duration {
    if error.is_unauthorized() {
        return PATIENCE;
    }
    let asked = match error {
        StoreError::Transport(error) => match &**error {
            TransportError::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        },
        _ => None,
    };
    back_off(failures)
        .max(asked.unwrap_or_default())
        .min(FOR_EVER)
}

fn next_poll(inner: &Inner) -> Instant {
    let factor = if inner.is_live() { LIVE_FACTOR } else { 1 };
    let interval = inner
        .poll_interval
        .map(|interval| roughly(interval.saturating_mul(factor).min(FOR_EVER)));
    Instant::now() + interval.unwrap_or(FOR_EVER)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FOR_EVER, delay_after};
    use crate::TransportError;

    /// What stands between may say anything.
    #[test]
    fn no_server_puts_a_device_off_for_longer_than_can_be_counted() {
        let unavailable = TransportError::Unavailable {
            error: String::new(),
            retry_after: Some(Duration::MAX),
        };
        assert_eq!(delay_after(&unavailable.into(), 0), FOR_EVER);
    }
}
