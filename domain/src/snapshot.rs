//! Which transactions a reader has seen.
//!
//! The same rule as PostgreSQL's `pg_visible_in_snapshot`, so that an answer computed here and one
//! computed in SQL agree.

use std::{fmt, str::FromStr};

/// The id of a database transaction, PostgreSQL's `xid8`.
pub type TransactionId = u64;

/// The most transactions in progress that a snapshot keeps; see [`Snapshot::new`].
pub const MAX_IN_PROGRESS: usize = 64;

/// Where a snapshot that has seen nothing ends: no transaction before it can write, and PostgreSQL
/// knows no snapshot that ends earlier.
const FIRST: TransactionId = 1;

/// The set of transactions that had committed or aborted when it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    end: TransactionId,
    in_progress: Vec<TransactionId>,
}

/// The text is no snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a snapshot is written `xmin:xmax:xip,xip…` with ascending ids between the two")]
pub struct SnapshotError;

impl Snapshot {
    /// The snapshot that has seen no transaction that can write.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            end: FIRST,
            in_progress: Vec::new(),
        }
    }

    /// Every transaction before `end` but those in progress, which ascend.
    ///
    /// With more than [`MAX_IN_PROGRESS`] in progress, `end` is lowered to the first that is too
    /// many: the reader then counts transactions as unseen that it has seen, which is always safe.
    ///
    /// # Errors
    /// [`SnapshotError`] when the ids do not ascend below `end`.
    pub fn new(end: TransactionId, in_progress: Vec<TransactionId>) -> Result<Self, SnapshotError> {
        let ascending = in_progress.is_sorted_by(|left, right| left < right);
        let within = in_progress
            .iter()
            .all(|transaction| (FIRST..end).contains(transaction));
        if !ascending || !within {
            return Err(SnapshotError);
        }
        let lowered = in_progress.get(MAX_IN_PROGRESS).copied().unwrap_or(end);
        Ok(Self { end, in_progress }.before(lowered))
    }

    /// The snapshot that a standby wrote as `text`. PostgreSQL leaves out there which transactions are
    /// in progress: all that is sure is that none is before the first number.
    ///
    /// # Errors
    /// [`SnapshotError`] when the text is no snapshot.
    pub fn of_standby(text: &str) -> Result<Self, SnapshotError> {
        let written: Self = text.parse()?;
        let (first, _) = text.split_once(':').ok_or(SnapshotError)?;
        let first = first.parse().map_err(|_| SnapshotError)?;
        Ok(written.before(first))
    }

    /// Whether it has seen nothing at all.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.end == FIRST
    }

    /// The first transaction that it may not have seen: all before it are seen.
    #[must_use]
    pub fn first_unseen(&self) -> TransactionId {
        self.in_progress.first().copied().unwrap_or(self.end)
    }

    /// One past the last transaction that it may have seen.
    #[must_use]
    pub fn end(&self) -> TransactionId {
        self.end
    }

    /// The transactions before [`Snapshot::end`] that it has not seen, ascending.
    #[must_use]
    pub fn in_progress(&self) -> &[TransactionId] {
        &self.in_progress
    }

    /// Whether it has seen `transaction`.
    #[must_use]
    pub fn sees(&self, transaction: TransactionId) -> bool {
        transaction < self.end && self.in_progress.binary_search(&transaction).is_err()
    }

    /// The same, less all transactions from `end` on.
    #[must_use]
    pub fn before(mut self, end: TransactionId) -> Self {
        self.end = self.end.min(end).max(FIRST);
        self.in_progress
            .retain(|transaction| *transaction < self.end);
        self
    }
}

/// PostgreSQL's own notation, `xmin:xmax:xip,xip`.
impl fmt::Display for Snapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:", self.first_unseen(), self.end)?;
        for (index, transaction) in self.in_progress.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(formatter, "{comma}{transaction}")?;
        }
        Ok(())
    }
}

impl FromStr for Snapshot {
    type Err = SnapshotError;

    fn from_str(text: &str) -> Result<Self, SnapshotError> {
        let number = |text: &str| text.parse::<TransactionId>().map_err(|_| SnapshotError);
        let (first, rest) = text.split_once(':').ok_or(SnapshotError)?;
        let (end, in_progress) = rest.split_once(':').ok_or(SnapshotError)?;
        let in_progress = match in_progress {
            "" => Vec::new(),
            ids => ids.split(',').map(number).collect::<Result<_, _>>()?,
        };
        let snapshot = Self::new(number(end)?, in_progress)?;
        // PostgreSQL's first may lie below the first in progress, where it is the reader's own.
        if number(first)? > snapshot.first_unseen() {
            return Err(SnapshotError);
        }
        Ok(snapshot)
    }
}
