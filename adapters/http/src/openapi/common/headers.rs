//! Headers of answers.

use utoipa::openapi::{
    RefOr,
    header::{Header, HeaderBuilder},
    schema::{ObjectBuilder, Type},
};

pub(super) const ORGANISATION: &str = "X-Org-Id";
pub(super) const REQUEST_ID: &str = "X-Request-Id";
pub(super) const NEXT_TOKEN: &str = "X-Auth-Token";
pub(super) const RETRY_AFTER: &str = "Retry-After";
pub(super) const AUTHENTICATE: &str = "WWW-Authenticate";

/// The headers that answers of many operations have.
pub(super) fn all() -> impl Iterator<Item = (String, RefOr<Header>)> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0));
    [
        (
            REQUEST_ID,
            "Names the request in the server's log. A request may bring its own: at most 64 \
             letters, digits, `-`, `_` or `.`.",
            text(),
        ),
        (
            NEXT_TOKEN,
            "The next session token, when it is time for one: it takes the place of the token \
             that the request was sent with.",
            text(),
        ),
        (
            RETRY_AFTER,
            "After so many seconds the same request may do.",
            seconds,
        ),
        (AUTHENTICATE, "`Bearer`: a session token is needed.", text()),
    ]
    .map(|(name, description, schema)| {
        let header = HeaderBuilder::new()
            .schema(Some(schema))
            .description(Some(description))
            .build();
        (name.to_owned(), RefOr::T(header))
    })
    .into_iter()
}
