//! Where the next page of a search begins, bound to the search that it is of.

use sha2::{Digest, Sha256};
use syncline_domain::identifier::OrganisationId;

use super::SearchRequest;
use crate::{ports::SearchPosition, seal::Seal};

/// What a cursor is good for.
pub(super) type Binding = [u8; 32];

/// The search that a request is about, whatever its page.
pub(super) fn binding(request: &SearchRequest) -> Binding {
    let body = &request.body;
    let organisation = request.organisation.as_ref();
    let asked = [&body.filter, &body.text, &body.sort].map(|part| {
        let text = part.as_ref().map(ToString::to_string);
        text.unwrap_or_default()
    });
    let [filter, text, sort] = &asked;
    let parts = [
        request.caller.as_str(),
        organisation.map_or("", OrganisationId::as_str),
        &request.application,
        body.collection.as_str(),
        filter,
        text,
        sort,
    ];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// The cursor that leads behind `position`.
pub(super) fn write(seal: &Seal, position: &SearchPosition, binding: &Binding) -> String {
    let mut payload = Vec::new();
    for part in &position.0 {
        payload.extend_from_slice(part.as_bytes());
        // No part has one: PostgreSQL's texts do not.
        payload.push(0);
    }
    seal.seal(&payload, binding)
}

/// The position that a cursor leads behind; none if it is not of this search.
pub(super) fn read(seal: &Seal, cursor: &str, binding: &Binding) -> Option<SearchPosition> {
    let payload = String::from_utf8(seal.open(cursor, binding)?).ok()?;
    let parts = payload.split_terminator('\0').map(str::to_owned);
    Some(SearchPosition(parts.collect()))
}
