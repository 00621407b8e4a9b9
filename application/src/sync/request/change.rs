use syncline_domain::{
    access::Namespace,
    document::Document,
    hlc::{Hlc, HlcError},
    identifier::{DocumentKey, UserId},
    merge::{DELETED, Edit, FieldRevisions},
    path::Path,
};

use super::{
    Rejection,
    wire::{Clock, Content, Flag, Revisions, Text, WireChange},
};
use crate::ports::Scope;

/// The most bytes of a path in `fieldRevs` or `after`.
const MAX_PATH_BYTES: usize = 8_192;

/// A change to one document.
#[derive(Clone, Debug)]
pub(in crate::sync) struct PushedChange {
    /// The document.
    pub key: DocumentKey,
    /// Its owner, if that is another user.
    pub owner: Option<UserId>,
    /// What became of it.
    pub edit: Edit,
    /// The server clock of the answer that the edit was made from.
    pub base: Option<Hlc>,
}

/// The other user whose document a change names, whatever else is wrong with it: two documents of
/// one request may have the same key.
pub(super) fn named_owner(change: &WireChange, scope: &Scope) -> Option<UserId> {
    let Text::Given(owner) = &change.0.as_ref()?.owner else {
        return None;
    };
    let owner = UserId::new(owner).ok()?;
    (scope.namespace != Namespace::Personal(owner.clone())).then_some(owner)
}

impl PushedChange {
    /// Reads a change.
    pub(super) fn parse(
        index: usize,
        change: WireChange,
        scope: &Scope,
    ) -> Result<Self, Rejection> {
        let refuse = |member, rule| Err(Rejection::of_member(index, "", member, rule));
        let Some(members) = change.0 else {
            return refuse("key", "a change is an object with a `key`");
        };
        let key = match members.key {
            Text::Given(key) => key,
            Text::Other => return refuse("key", "it is a string"),
            Text::Absent => return refuse("key", "it is missing"),
        };
        let place = Place { index, key: &key };
        let key = DocumentKey::new(&key).map_err(|rule| place.refuse("key", &rule.to_string()))?;
        let owner = place.owner(members.owner, scope)?;
        let revisions = place.revisions("fieldRevs", members.field_revisions)?;
        let after = place.revisions("after", members.after)?;
        let content = place.content(members.doc, members.deleted, &revisions)?;
        Ok(Self {
            key,
            owner,
            edit: Edit {
                content,
                revisions,
                after,
            },
            base: place.clock("baseClock", members.base_clock)?,
        })
    }
}

/// Where a change stands, to say of which member something is wrong.
struct Place<'a> {
    index: usize,
    key: &'a str,
}

impl Place<'_> {
    fn refuse(&self, member: &str, rule: &str) -> Rejection {
        Rejection::of_member(self.index, self.key, member, rule)
    }

    /// The owner of the document, if that is another user than the one whose documents are meant.
    fn owner(&self, owner: Text, scope: &Scope) -> Result<Option<UserId>, Rejection> {
        let owner = match owner {
            Text::Absent => return Ok(None),
            Text::Given(owner) => owner,
            Text::Other => return Err(self.refuse("owner", "it is a string")),
        };
        let owner = UserId::new(&owner).map_err(|rule| self.refuse("owner", &rule.to_string()))?;
        match &scope.namespace {
            Namespace::Personal(user) if *user == owner => Ok(None),
            Namespace::Personal(_) => Ok(Some(owner)),
            Namespace::Organisation(_) => {
                Err(self.refuse("owner", "the documents of an organisation are its own"))
            }
        }
    }

    fn clock(&self, member: &str, clock: Clock) -> Result<Option<Hlc>, Rejection> {
        match clock {
            Clock::Absent => Ok(None),
            Clock::Given(clock) => clock
                .map(Some)
                .map_err(|rule| self.refuse(member, &rule.to_string())),
            Clock::Other => Err(self.refuse(member, "it is a string")),
        }
    }

    fn revisions(&self, member: &str, revisions: Revisions) -> Result<FieldRevisions, Rejection> {
        match revisions {
            Revisions::Absent => Ok(FieldRevisions::new()),
            Revisions::Given(revisions) => revisions
                .into_iter()
                .map(|(path, clock)| self.revision(member, &path, clock))
                .collect(),
            Revisions::Other => Err(self.refuse(member, "it is an object of paths and clocks")),
        }
    }

    fn revision(&self, member: &str, path: &str, clock: Clock) -> Result<(Path, Hlc), Rejection> {
        if path.len() > MAX_PATH_BYTES || path.contains('\0') {
            let rule = format!("a path is at most {MAX_PATH_BYTES} bytes without NUL");
            return Err(self.refuse(member, &rule));
        }
        let clock = match clock {
            Clock::Given(clock) => clock,
            Clock::Absent | Clock::Other => Err(HlcError::Malformed),
        };
        let clock = clock.map_err(|rule| {
            let path: String = path.chars().take(100).collect();
            self.refuse(member, &format!("`{path}`: {rule}"))
        })?;
        Ok((Path::parse(path), clock))
    }

    /// The document; none if the change deletes it.
    fn content(
        &self,
        content: Content,
        deleted: Flag,
        revisions: &FieldRevisions,
    ) -> Result<Option<Document>, Rejection> {
        match deleted {
            Flag::Given(true) if revisions.contains_key(DELETED) => return Ok(None),
            Flag::Given(true) => {
                return Err(self.refuse("fieldRevs", "a deletion has its clock at `_deleted`"));
            }
            Flag::Absent | Flag::Given(false) => {}
            Flag::Other => return Err(self.refuse("deleted", "it is true or false")),
        }
        match content {
            Content::Given(content) => Ok(Some(content)),
            Content::Other => Err(self.refuse("doc", "a document is an object")),
            Content::Absent => Err(self.refuse("doc", "it is missing")),
        }
    }
}
