use std::fmt::Display;

use super::OrganisationError;

/// The most that one page holds, and how many it holds unless fewer are asked for.
pub const MAX_PAGE: u32 = 1000;

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Where the page before it ended; none for the first.
    pub cursor: Option<String>,
    /// At most so many, from 1 to [`MAX_PAGE`].
    pub limit: Option<u32>,
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next one begins; none if this is the last.
    pub next_cursor: Option<String>,
}

impl PageRequest {
    pub(super) fn limit(&self) -> Result<u32, OrganisationError> {
        let limit = self.limit.unwrap_or(MAX_PAGE);
        if (1..=MAX_PAGE).contains(&limit) {
            return Ok(limit);
        }
        let sentence = format!("limit: a page has 1 to {MAX_PAGE}; ask for so many");
        Err(OrganisationError::BadPage(sentence))
    }

    /// The cursor, as what `parse` makes of it.
    pub(super) fn after<T, E: Display>(
        &self,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, OrganisationError> {
        let parsed = self.cursor.as_deref().map(parse).transpose();
        parsed.map_err(|error| OrganisationError::BadPage(format!("cursor: {error}")))
    }
}

impl<T> Page<T> {
    /// A page of `limit` items, of which one more was read if there are more.
    pub(super) fn of(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| has_more);
        Self {
            next_cursor: last.map(cursor),
            items,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_PAGE, Page, PageRequest};

    fn limit(limit: Option<u32>) -> Option<u32> {
        let request = PageRequest {
            cursor: None,
            limit,
        };
        request.limit().ok()
    }

    #[test]
    fn a_page_has_bounds() {
        assert_eq!(limit(None), Some(MAX_PAGE));
        assert_eq!(limit(Some(1)), Some(1));
        assert_eq!(limit(Some(MAX_PAGE)), Some(MAX_PAGE));
        for number in [0, MAX_PAGE + 1] {
            assert_eq!(limit(Some(number)), None);
        }
    }

    #[test]
    fn only_a_page_with_more_behind_it_has_a_cursor() {
        let page = |items| Page::of(items, 2, |last: &u8| last.to_string());
        assert_eq!(page(vec![]).next_cursor, None);
        assert_eq!(page(vec![1, 2]).next_cursor, None);
        let full = page(vec![1, 2, 3]);
        assert_eq!(
            (full.items, full.next_cursor),
            (vec![1, 2], Some("2".into()))
        );
    }
}
