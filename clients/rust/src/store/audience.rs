//! Who listens to reports of conflicts, and how far each of them is.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// Everybody who listens to reports of conflicts, and how far each of them is.
#[derive(Default)]
pub(super) struct Audience {
    members: Mutex<Members>,
    /// Moves on when there are more reports, and when there will be no more.
    bell: watch::Sender<()>,
}

#[derive(Default)]
struct Members {
    seats: u64,
    /// The number of the last report that each of them has heard, by seat.
    heard: BTreeMap<u64, i64>,
    /// The reports up to this number are done with.
    done: i64,
    is_over: bool,
}

impl Audience {
    /// One more listens. Returns the seat, and the number after which it has everything to hear.
    pub(super) fn join(&self) -> (u64, i64) {
        let mut members = self.members();
        members.seats += 1;
        let (seat, done) = (members.seats, members.done);
        members.heard.insert(seat, done);
        (seat, done)
    }

    /// Whoever sits there has heard the reports up to this one.
    pub(super) fn hear(&self, seat: u64, number: i64) {
        let mut members = self.members();
        members.heard.insert(seat, number);
        members.settle();
    }

    /// Nobody waits any longer for the one who sat there.
    pub(super) fn leave(&self, seat: u64) {
        let mut members = self.members();
        members.heard.remove(&seat);
        members.settle();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members().heard.is_empty()
    }

    /// The reports up to this number have been heard by everybody.
    pub(super) fn done(&self) -> i64 {
        self.members().done
    }

    /// There are more reports.
    pub(super) fn ring(&self) {
        self.bell.send_replace(());
    }

    /// There will be no more.
    pub(super) fn end(&self) {
        self.members().is_over = true;
        self.ring();
    }

    pub(super) fn is_over(&self) -> bool {
        self.members().is_over
    }

    pub(super) fn bell(&self) -> watch::Receiver<()> {
        self.bell.subscribe()
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    /// Whoever is the furthest behind decides; with nobody there it stays as it is.
    fn settle(&mut self) {
        if let Some(least) = self.heard.values().min() {
            self.done = self.done.max(*least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Audience;

    #[test]
    fn a_report_is_done_with_when_everybody_there_has_heard_it() {
        let audience = Audience::default();
        let ((fast, _), (slow, _)) = (audience.join(), audience.join());
        audience.hear(fast, 5);
        assert_eq!(audience.done(), 0);
        audience.hear(slow, 2);
        assert_eq!(audience.done(), 2);
        assert_eq!(audience.join().1, 2, "the others are to be heard still");
        audience.leave(slow + 1);
        audience.leave(slow);
        assert_eq!(audience.done(), 5);
        audience.leave(fast);
        assert!(audience.is_empty());
        assert_eq!(audience.done(), 5);
    }
}
