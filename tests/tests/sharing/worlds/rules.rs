//! What the rules of `domain` let readers see.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use syncline_domain::{
    access::{Access, AccessEntry, Namespace, Reader as Asker, access},
    identifier::{OrganisationId, UserId},
};

use super::owner::Owner;
use crate::reader::Id;

/// A document of an owner, as the rules see it.
#[derive(Default)]
pub(super) struct Document {
    /// Null while it is deleted.
    pub(super) content: Value,
    pub(super) entry: AccessEntry,
    /// The token of its link.
    pub(super) link: Option<String>,
    /// Those of links that lead nowhere any longer.
    pub(super) old_links: Vec<String>,
}

pub(super) fn user(name: &str) -> UserId {
    UserId::new(name).expect("an id")
}

/// What `reader`, who belongs to `clubs`, may do with a document of `owner`.
pub(super) fn allowed(
    owner: &str,
    document: &Document,
    reader: &str,
    clubs: &[OrganisationId],
) -> Option<Access> {
    let asker = Asker {
        user: &user(reader),
        organisations: clubs,
    };
    let namespace = Namespace::Personal(user(owner));
    access(&namespace, &document.entry, asker)
}

/// What a device of the user holds if it holds all that the user may see.
pub(super) fn seen_by(owners: &[Owner<'_>], name: &str) -> BTreeMap<Id, Value> {
    let clubs = clubs_of(owners, name);
    let mut seen = BTreeMap::new();
    for owner in owners {
        for (key, document) in &owner.documents {
            let access = allowed(owner.user, document, name, &clubs);
            let (Some(access), false) = (access, document.content.is_null()) else {
                continue;
            };
            let other = (owner.user != name).then(|| owner.user.to_owned());
            let content = shown(document, other.as_ref().map(|_| access));
            seen.insert((other, (*key).to_owned()), content);
        }
    }
    seen
}

/// The organisations whose member the user is.
pub(super) fn clubs_of(owners: &[Owner<'_>], name: &str) -> Vec<OrganisationId> {
    let me = owners.iter().find(|owner| owner.user == name);
    me.into_iter().flat_map(Owner::clubs).collect()
}

/// A document with what a reader may do with it, if it is another's.
pub(super) fn shown(document: &Document, access: Option<Access>) -> Value {
    let mut content = document.content.clone();
    if let Some(access) = access {
        content["_access"] = json!(access);
    }
    content
}
