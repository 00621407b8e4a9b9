//! Pushes without locks: read, merge, and store in one statement if nothing has changed meanwhile.

use std::sync::Arc;

use super::{
    Pushed,
    decision::Decision,
    news::{News, begin_answer},
    part::Part,
    unit::{wanted, writes},
};
use crate::{
    ports::{Before, StoreError},
    sync::{SyncService, request::SyncRequest},
};

impl SyncService {
    /// Stores the changes of requests that are about different collections, none of them to documents of
    /// others, the routes to which would have to be held: what has become of each, or none for those
    /// that want locks. On an error of the store, nothing is stored.
    pub(super) async fn attempt_together(
        &self,
        requests: &[Arc<SyncRequest>],
    ) -> Result<Vec<Option<Pushed>>, StoreError> {
        let wanted: Vec<_> = requests.iter().map(|request| wanted(request)).collect();
        let (attempt, before) = self.store.attempt(&wanted.concat()).await?;
        let parts = Part::of(requests, &wanted, &before);
        let decide = |part: &Part<'_>| self.decide_without_locks(part, &before);
        let decided: Vec<_> = parts.iter().map(decide).collect();
        let stored = |decided: &'_ Option<Vec<Decision>>| decided.is_some();
        let writes = writes(
            &parts,
            decided.iter().map(|it| it.as_deref().unwrap_or_default()),
        );
        let news = News::of(parts.iter().zip(decided.iter().map(stored)));
        let written = if writes.is_empty() {
            None
        } else {
            Some(attempt.write(&writes, &news.queries).await?)
        };
        let own = written.as_ref().map(|written| written.transaction);
        let pages = news.pages(written);
        let outcomes = parts.iter().zip(decided).zip(pages);
        let outcomes = outcomes.map(|((part, decisions), page)| {
            let mut pushed = part.summary(decisions?, &before, own);
            begin_answer(part, &mut pushed, page);
            Some(pushed)
        });
        Ok(outcomes.collect())
    }

    /// What becomes of each change, if that can be known without locks: nobody is refused anything, no
    /// past has to be looked back to, and whatever is stored is a new version, whose number tells
    /// whether its document has changed meanwhile.
    fn decide_without_locks(&self, part: &Part<'_>, before: &Before) -> Option<Vec<Decision>> {
        let bases = self.bases(part, before);
        if !part.is_member || !part.history_queries(&bases, before).is_empty() {
            return None;
        }
        let decisions = self.decide_all(part, &bases, before, &[]).ok()?;
        let is_told_by_version = |it: &Decision| it.version.is_some() || it.pushes.is_empty();
        let is_told = decisions.iter().all(is_told_by_version);
        is_told.then_some(decisions)
    }
}
