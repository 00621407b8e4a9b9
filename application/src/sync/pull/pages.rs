//! Reading pages: small ones that are wanted at the same time share a statement.

use std::panic::AssertUnwindSafe;

use futures::{FutureExt, future::join_all};

use crate::{
    ports::{Page, PageQuery, StoreError},
    sync::{
        SyncError, SyncService,
        queue::{Entry, Queue},
    },
};

/// How many documents are read at once.
pub(super) const PAGE_DOCUMENTS: u32 = 1_000;

/// How many bytes of JSON are read at once.
pub(super) const PAGE_BYTES: u32 = 4 * 1024 * 1024;

/// What a page that shares a statement holds at most: the memory of all of them is bounded.
const SHARED_DOCUMENTS: u32 = 32;
const SHARED_BYTES: u32 = 64 * 1024;

/// Pages that wait for a statement.
pub(in crate::sync) type PageQueue = Queue<PageQuery, Result<Page, StoreError>>;

type PageEntry = Entry<PageQuery, Result<Page, StoreError>>;

impl SyncService {
    /// Reads the page with which an answer begins. Most answers are short: whether this one is, is
    /// tried together with others, unless it begins with the whole collection.
    pub(super) async fn first_page(&self, query: &PageQuery) -> Result<Page, SyncError> {
        if query.seen.begin.is_nothing() {
            return self.page(query).await;
        }
        let shared = PageQuery {
            limit: query.limit.min(SHARED_DOCUMENTS),
            bytes: SHARED_BYTES,
            ..query.clone()
        };
        let page = self.pages.run(shared).await;
        let page = page.ok_or(SyncError::Interrupted)??;
        if page.has_more {
            return self.page(query).await;
        }
        allowed(page)
    }

    /// Reads one page by itself.
    pub(super) async fn page(&self, query: &PageQuery) -> Result<Page, SyncError> {
        allowed(self.read_alone(query).await?)
    }

    async fn read_alone(&self, query: &PageQuery) -> Result<Page, StoreError> {
        let mut pages = self.store.pages(std::slice::from_ref(query)).await?;
        let missing = || StoreError::Corrupt("no page was read".to_owned());
        pages.pop().ok_or_else(missing)
    }

    /// Reads the pages that wait, for ever. Several may do so at once.
    pub(in crate::sync) async fn work_on_pages(&self) {
        loop {
            let entries = self.pages.take().await;
            // Who waits for a page that panicked is told that it was interrupted.
            let _ = AssertUnwindSafe(self.read_entries(entries))
                .catch_unwind()
                .await;
        }
    }

    async fn read_entries(&self, entries: Vec<PageEntry>) {
        let queries: Vec<_> = entries.iter().map(|entry| entry.job.clone()).collect();
        if let Ok(pages) = self.look_and_read(&queries).await {
            for (entry, page) in entries.into_iter().zip(pages) {
                entry.answer(Ok(page));
            }
            return;
        }
        let alone = |entry: PageEntry| async move {
            let page = self.read_alone(&entry.job).await;
            entry.answer(page);
        };
        join_all(entries.into_iter().map(alone)).await;
    }

    /// Reads the pages of those for whom there is something.
    async fn look_and_read(&self, queries: &[PageQuery]) -> Result<Vec<Page>, StoreError> {
        let found = self.store.look(queries).await?;
        let unread: Vec<_> = queries
            .iter()
            .zip(&found)
            .filter(|(_, page)| page.is_none())
            .map(|(query, _)| query.clone())
            .collect();
        let mut read = Vec::new().into_iter();
        if !unread.is_empty() {
            read = self.store.pages(&unread).await?.into_iter();
        }
        let pages = found.into_iter().map(|page| page.or_else(|| read.next()));
        Ok(pages.flatten().collect())
    }
}

fn allowed(page: Page) -> Result<Page, SyncError> {
    if page.is_member {
        Ok(page)
    } else {
        Err(SyncError::NotMember)
    }
}
