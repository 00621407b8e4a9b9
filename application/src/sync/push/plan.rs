//! What is to be stored of requests that are done together, and what each of them is told.

use super::{
    Pushed,
    decision::Decision,
    news::{News, begin_answer},
    part::Part,
};
use crate::ports::{Before, DocumentWrite, Written};

/// What was decided on each request, or why nothing of it is stored.
pub(super) struct Plan<'a, E> {
    parts: Vec<Part<'a>>,
    decided: Vec<Result<Vec<Decision>, E>>,
}

impl<'a, E> Plan<'a, E> {
    pub(super) fn new(parts: Vec<Part<'a>>, decided: Vec<Result<Vec<Decision>, E>>) -> Self {
        Self { parts, decided }
    }

    /// What to store.
    pub(super) fn writes(&self) -> Vec<DocumentWrite<'_>> {
        let decided = self.parts.iter().zip(&self.decided);
        decided
            .flat_map(|(part, decided)| part.writes(decided.as_deref().unwrap_or_default()))
            .collect()
    }

    /// What to look for on behalf of those that are stored.
    pub(super) fn news(&self) -> News {
        let is_stored = self.decided.iter().map(Result::is_ok);
        News::of(self.parts.iter().zip(is_stored))
    }

    /// What each request is told, of which `written` was stored.
    pub(super) fn outcomes(
        self,
        before: &Before,
        news: News,
        written: Option<Written>,
    ) -> Vec<Result<Pushed, E>> {
        let own = written.as_ref().map(|written| written.transaction);
        let pages = news.pages(written);
        let outcomes = self.parts.iter().zip(self.decided).zip(pages);
        let outcomes = outcomes.map(|((part, decisions), page)| {
            let mut pushed = part.summary(decisions?, before, own);
            begin_answer(part, &mut pushed, page);
            Ok(pushed)
        });
        outcomes.collect()
    }
}
