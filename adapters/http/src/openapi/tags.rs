//! The chapters of the description.

use utoipa::openapi::tag::{Tag, TagBuilder};

pub(crate) const SYNC: &str = "Sync";
pub(crate) const DOCUMENTS: &str = "Documents";
pub(crate) const SEARCH: &str = "Search";
pub(crate) const SHARING: &str = "Sharing";
pub(crate) const ORGANISATIONS: &str = "Organisations";
pub(crate) const ACCOUNT: &str = "Account";
pub(crate) const SIGN_IN: &str = "Sign-in";
pub(crate) const SERVER: &str = "Server";

/// All chapters, in the order in which they are read.
pub(super) fn all() -> Vec<Tag> {
    [
        (
            SIGN_IN,
            "How people become known: through a provider such as Google, GitHub, Microsoft or \
             Apple, or on a developer's own machine by name.",
        ),
        (
            SYNC,
            "The engine: a device pushes what it changed in a collection and pulls what it has \
             not seen.",
        ),
        (
            DOCUMENTS,
            "Documents one by one, for programs without a copy of their own: the present state, \
             earlier versions, and taking one of them back.",
        ),
        (
            SEARCH,
            "Filters, full-text search, sorting and pages over all documents that the caller may \
             see.",
        ),
        (
            SHARING,
            "Who may see a document beside its owner: other users, an organisation, everybody, or \
             whoever holds a link.",
        ),
        (
            ORGANISATIONS,
            "Groups of users that own documents together.",
        ),
        (
            ACCOUNT,
            "Everything that a user has: to take out, to put back, and to delete.",
        ),
        (
            SERVER,
            "The server itself: its health and this description.",
        ),
    ]
    .map(|(name, description)| {
        TagBuilder::new()
            .name(name)
            .description(Some(description))
            .build()
    })
    .into()
}
