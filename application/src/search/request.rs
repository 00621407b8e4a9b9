//! Requests as they come in, and the searches that they ask for.

use serde::Deserialize;
use serde_json::Value;
use syncline_domain::{
    filter::{Filter, FilterError, TextQuery},
    identifier::{ApplicationName, CollectionName, OrganisationId, UserId},
    sort::{SortBy, SortTerm},
};

use super::{
    SearchError, SearchService,
    cursor::{self, Binding},
};
use crate::ports::{SearchPosition, SearchQuery};

/// How many documents a page has if the caller does not say.
const DEFAULT_LIMIT: u32 = 50;

/// The most documents of a page.
const MAX_LIMIT: u32 = 500;

/// The body of `POST /{application}/search`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchBody {
    pub(super) collection: CollectionName,
    pub(super) filter: Option<Value>,
    pub(super) text: Option<Value>,
    pub(super) sort: Option<Value>,
    limit: Option<u32>,
    cursor: Option<String>,
    #[serde(default)]
    total: bool,
}

/// A request as it came in, and who sent it.
#[derive(Debug)]
pub struct SearchRequest {
    /// Who calls.
    pub caller: UserId,
    /// The organisation that the caller names.
    pub organisation: Option<OrganisationId>,
    /// The application, as it stands in the path.
    pub application: String,
    /// The body.
    pub body: SearchBody,
}

impl SearchService {
    /// Checks everything that can be checked without looking at the store.
    pub(super) fn check(
        &self,
        request: SearchRequest,
    ) -> Result<(SearchQuery, Binding), SearchError> {
        let binding = cursor::binding(&request);
        let SearchRequest {
            caller,
            organisation,
            application,
            body,
        } = request;
        let unknown = || SearchError::UnknownApplication(application.clone());
        let name = ApplicationName::new(&application).map_err(|_| unknown())?;
        let configuration = self.applications.get(&name).ok_or_else(unknown)?.clone();
        let filter = parse_filter(&body)?;
        let query = SearchQuery {
            sort: parse_sort(&body, &filter)?,
            after: self.parse_cursor(&body, &binding)?,
            limit: parse_limit(&body)?,
            wants_total: body.total,
            time: self.time,
            reader: caller,
            organisation,
            application: name,
            collection: body.collection,
            filter,
            configuration,
        };
        Ok((query, binding))
    }

    fn parse_cursor(
        &self,
        body: &SearchBody,
        binding: &Binding,
    ) -> Result<Option<SearchPosition>, FilterError> {
        let Some(text) = &body.cursor else {
            return Ok(None);
        };
        let position = cursor::read(&self.seal, text, binding);
        let rule = "it is not of this search; leave it out to begin with the first page";
        position
            .map(Some)
            .ok_or_else(|| FilterError::new("cursor", rule))
    }
}

/// What is meant by the filter and by the text beside it, which is one more of its conditions.
fn parse_filter(body: &SearchBody) -> Result<Filter, FilterError> {
    let text = body.text.as_ref().map(TextQuery::parse).transpose()?;
    let filter = body.filter.as_ref().map(Filter::parse).transpose()?;
    let text = text.map(Filter::Text);
    Ok(Filter::And(filter.into_iter().chain(text).collect()))
}

/// The order asked for; otherwise what matches best comes first.
fn parse_sort(body: &SearchBody, filter: &Filter) -> Result<Vec<SortTerm>, FilterError> {
    let has_score = !filter.wanted_texts().is_empty();
    let Some(sort) = &body.sort else {
        let by_score = has_score.then_some(SortTerm {
            by: SortBy::Score,
            descending: true,
        });
        return Ok(by_score.into_iter().collect());
    };
    let sort = SortTerm::parse(sort)?;
    if !has_score && sort.iter().any(|term| term.by == SortBy::Score) {
        let rule = "`_score` is how well a text matches, and this search has none";
        return Err(FilterError::new("sort", rule));
    }
    Ok(sort)
}

fn parse_limit(body: &SearchBody) -> Result<u32, FilterError> {
    let limit = body.limit.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    let rule = format!("it is a number from 1 to {MAX_LIMIT}");
    Err(FilterError::new("limit", rule))
}
