//! Reading pages: small ones that are wanted at the same time share a statement.

use futures::future::join_all;

use crate::{
    ports::{Page, PageQuery, StoreError, Unread},
    sync::{
        SyncError, SyncService,
        queue::{Entry, Queue},
        worker::work,
    },
};

/// How many documents are read at once.
pub(super) const PAGE_DOCUMENTS: u32 = 1_000;

/// How many bytes of JSON are read at once.
pub(super) const PAGE_BYTES: u32 = 4 * 1024 * 1024;

/// How many pages share a statement at most, and what each of them holds: the memory of all of them is
/// bounded. Both kinds of pages have 4 KiB for each document: where none is larger, the statement needs
/// no sum of their bytes.
pub(in crate::sync) const SHARED_PAGES: usize = 64;
const SHARED_DOCUMENTS: u32 = 32;
const SHARED_BYTES: u32 = 128 * 1024;

/// Pages that wait for a statement. There is none if it would hold more than may share one.
pub(in crate::sync) type PageQueue = Queue<FirstPage, Result<Option<Page>, StoreError>>;

type PageEntry = Entry<FirstPage, Result<Option<Page>, StoreError>>;

/// The page with which an answer begins.
pub(in crate::sync) struct FirstPage {
    query: PageQuery,
    /// Whether there is something to read for all that is known: then nobody looks before.
    has_news: bool,
}

impl SyncService {
    /// Reads the page with which an answer begins. Most answers are short: whether this one is, is
    /// tried together with others, unless it begins with the whole collection.
    pub(super) async fn first_page(
        &self,
        query: &PageQuery,
        has_news: bool,
    ) -> Result<Page, SyncError> {
        if query.seen.begin.is_nothing() {
            return self.page(query).await;
        }
        let shared = FirstPage {
            query: PageQuery {
                limit: query.limit.min(SHARED_DOCUMENTS),
                bytes: SHARED_BYTES,
                ..query.clone()
            },
            has_news,
        };
        let page = self.pages.run(shared).await;
        match page.ok_or(SyncError::Interrupted)?? {
            Some(page) if !page.has_more || page.count >= query.limit => allowed(page),
            _ => self.page(query).await,
        }
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
    pub(in crate::sync) async fn work_on_pages<Moment>(&self, moment: impl Fn() -> Moment)
    where
        Moment: Future<Output = ()>,
    {
        work(&self.pages, moment, |entries| self.read_entries(entries)).await;
    }

    async fn read_entries(&self, entries: Vec<PageEntry>) {
        let has_news = |entry: &PageEntry| entry.job.has_news;
        let (mut unread, unsure): (Vec<_>, Vec<_>) = entries.into_iter().partition(has_news);
        unread.extend(self.look(unsure).await);
        if unread.is_empty() {
            return;
        }
        if let Ok(pages) = self.store.pages(&queries(&unread)).await {
            for (entry, page) in unread.into_iter().zip(pages) {
                entry.answer(Ok(Some(page)));
            }
            return;
        }
        let alone = |entry: PageEntry| async move {
            let page = self.read_alone(&entry.job.query).await;
            entry.answer(page.map(Some));
        };
        join_all(unread.into_iter().map(alone)).await;
    }

    /// Answers those for whom there is nothing to read, or so much that it takes a statement of its own.
    /// Returns the others.
    async fn look(&self, entries: Vec<PageEntry>) -> Vec<PageEntry> {
        if entries.is_empty() {
            return entries;
        }
        let Ok(looked) = self.store.look(&queries(&entries)).await else {
            return entries;
        };
        let mut unread = Vec::new();
        for (entry, looked) in entries.into_iter().zip(looked) {
            match looked {
                Unread::Nothing(page) => entry.answer(Ok(Some(*page))),
                Unread::Much if entry.job.query.limit == SHARED_DOCUMENTS => entry.answer(Ok(None)),
                Unread::Something | Unread::Much => unread.push(entry),
            }
        }
        unread
    }
}

fn queries(entries: &[PageEntry]) -> Vec<PageQuery> {
    let queries = entries.iter().map(|entry| &entry.job.query);
    queries.cloned().collect()
}

fn allowed(page: Page) -> Result<Page, SyncError> {
    if page.is_member {
        Ok(page)
    } else {
        Err(SyncError::NotMember)
    }
}
