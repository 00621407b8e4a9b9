use tokio::time::Instant;

/// What held when, as far as its changes tell: each took effect at some moment between its request
/// and its answer.
#[derive(Debug)]
pub(super) struct Timeline<T> {
    periods: Vec<Period<T>>,
}

/// A time in which something may have held.
#[derive(Debug)]
pub(super) struct Period<T> {
    pub(super) value: T,
    pub(super) from: Instant,
    /// When it held no longer, for certain.
    pub(super) until: Option<Instant>,
}

impl<T> Timeline<T> {
    pub(super) fn new(value: T, from: Instant) -> Self {
        let until = None;
        Self {
            periods: vec![Period { value, from, until }],
        }
    }

    /// From now on it may be `value`, and what it was before.
    pub(super) fn may_become(&mut self, value: T, now: Instant) {
        self.periods.push(Period {
            value,
            from: now,
            until: None,
        });
    }

    /// It is what it was to become.
    pub(super) fn became(&mut self, now: Instant) {
        let (_, earlier) = self.periods.split_last_mut().expect("there is a period");
        for period in earlier {
            period.until.get_or_insert(now);
        }
    }

    /// It is this, which nobody knew that it would become.
    pub(super) fn became_what(&mut self, value: T, now: Instant) {
        let latest = self.periods.last_mut().expect("there is a period");
        latest.value = value;
        self.became(now);
    }

    /// Whether it is known what it is by now.
    pub(super) fn is_certain(&self) -> bool {
        let (_, earlier) = self.periods.split_last().expect("there is a period");
        earlier.iter().all(|period| period.until.is_some())
    }

    /// It stays what it was.
    pub(super) fn stayed(&mut self) {
        self.periods.pop();
    }

    /// What it was to become last.
    pub(super) fn last(&self) -> &T {
        &self.periods.last().expect("there is a period").value
    }

    /// All that may have held at some moment between two.
    pub(super) fn between(&self, start: Instant, end: Instant) -> impl Iterator<Item = &Period<T>> {
        self.periods
            .iter()
            .filter(move |period| period.meets(start, end))
    }
}

impl<T> Period<T> {
    pub(super) fn meets(&self, start: Instant, end: Instant) -> bool {
        self.from <= end && self.until.is_none_or(|until| until >= start)
    }
}
