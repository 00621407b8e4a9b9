//! Whether there is anything to read for those who push: looked at by the statement that stores, so
//! that most of them need no other.

use super::{Pushed, part::Part};
use crate::{
    ports::{Page, PageQuery, Written},
    sync::pull::Opening,
};

/// What was asked for some requests, and answered.
pub(super) struct News {
    /// For each request, whether it was asked.
    is_asked: Vec<bool>,
    pub(super) queries: Vec<PageQuery>,
}

impl News {
    /// What to ask for those that are to be stored, of all the parts. Whoever writes documents of others
    /// pulls after the commit: only a cursor that has seen the transaction knows of these.
    pub(super) fn of<'p>(parts: impl Iterator<Item = (&'p Part<'p>, bool)>) -> Self {
        let nothing = Pushed::default();
        let (mut is_asked, mut queries) = (Vec::new(), Vec::new());
        for (part, is_stored) in parts {
            let is_asked_for = is_stored && !part.request.writes_for_others();
            let opening = is_asked_for.then(|| Opening::of(part.request, &nothing));
            let opening = opening.filter(Opening::may_be_empty);
            is_asked.push(opening.is_some());
            queries.extend(opening.map(|opening| opening.query));
        }
        Self { is_asked, queries }
    }

    /// The page of each request that was asked and has seen everything.
    pub(super) fn pages(self, written: Option<Written>) -> Vec<Option<Page>> {
        let mut pages = written.into_iter().flat_map(|written| written.pages);
        let page = |is_asked: bool| is_asked.then(|| pages.next().flatten()).flatten();
        self.is_asked.into_iter().map(page).collect()
    }
}

/// Begins the answer of one who has seen everything.
pub(super) fn begin_answer(part: &Part<'_>, pushed: &mut Pushed, page: Option<Page>) {
    let Some(page) = page.filter(|page| page.is_member) else {
        return;
    };
    let opening = Opening::of(part.request, pushed);
    if opening.may_be_empty() {
        pushed.opening = Some((opening, page));
    }
}
