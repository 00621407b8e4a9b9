use serde_json::{Map, Value};
use syncline_domain::{
    access::Namespace,
    hlc::Hlc,
    identifier::{DocumentKey, UserId},
    merge::{DELETED, Edit, FieldRevisions},
    path::Path,
};

use super::Rejection;
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
pub(super) fn named_owner(change: &Value, scope: &Scope) -> Option<UserId> {
    let owner = UserId::new(change.get("owner")?.as_str()?).ok()?;
    (scope.namespace != Namespace::Personal(owner.clone())).then_some(owner)
}

/// Reads the members of one change, and says which of them is wrong.
struct Members {
    index: usize,
    key: String,
    rest: Map<String, Value>,
}

impl PushedChange {
    /// Reads a change.
    pub(super) fn parse(index: usize, change: Value, scope: &Scope) -> Result<Self, Rejection> {
        let mut members = Members::new(index, change)?;
        let key = match DocumentKey::new(&members.key) {
            Ok(key) => key,
            Err(rule) => return Err(members.refuse("key", &format!("{rule}"))),
        };
        let owner = members.owner(scope)?;
        let base = members
            .text("baseClock")?
            .map(|text| members.clock("baseClock", &text));
        let revisions = members.revisions("fieldRevs")?;
        let after = members.revisions("after")?;
        let content = members.content(&revisions)?;
        Ok(Self {
            key,
            owner,
            edit: Edit {
                content,
                revisions,
                after,
            },
            base: base.transpose()?,
        })
    }
}

impl Members {
    fn new(index: usize, change: Value) -> Result<Self, Rejection> {
        let refuse = |member: &str, rule: &str| Rejection::of_member(index, "", member, rule);
        let Value::Object(mut members) = change else {
            return Err(refuse("key", "a change is an object with a `key`"));
        };
        match members.remove("key") {
            Some(Value::String(key)) => Ok(Self {
                index,
                key,
                rest: members,
            }),
            Some(_) => Err(refuse("key", "it is a string")),
            None => Err(refuse("key", "it is missing")),
        }
    }

    fn refuse(&self, member: &str, rule: &str) -> Rejection {
        Rejection::of_member(self.index, &self.key, member, rule)
    }

    fn text(&mut self, member: &str) -> Result<Option<String>, Rejection> {
        match self.rest.remove(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.refuse(member, "it is a string")),
        }
    }

    /// The owner of the document, if that is another user than the one whose documents are meant.
    fn owner(&mut self, scope: &Scope) -> Result<Option<UserId>, Rejection> {
        let Some(owner) = self.text("owner")? else {
            return Ok(None);
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

    fn clock(&self, member: &str, text: &str) -> Result<Hlc, Rejection> {
        text.parse()
            .map_err(|rule| self.refuse(member, &format!("{rule}")))
    }

    fn revisions(&mut self, member: &str) -> Result<FieldRevisions, Rejection> {
        let members = match self.rest.remove(member) {
            None | Some(Value::Null) => return Ok(FieldRevisions::new()),
            Some(Value::Object(members)) => members,
            Some(_) => return Err(self.refuse(member, "it is an object of paths and clocks")),
        };
        members
            .into_iter()
            .map(|(path, clock)| self.revision(member, path, &clock))
            .collect()
    }

    fn revision(
        &self,
        member: &str,
        path: String,
        clock: &Value,
    ) -> Result<(Path, Hlc), Rejection> {
        if path.len() > MAX_PATH_BYTES || path.contains('\0') {
            let rule = format!("a path is at most {MAX_PATH_BYTES} bytes without NUL");
            return Err(self.refuse(member, &rule));
        }
        let text = clock.as_str().unwrap_or_default();
        let clock = text.parse().map_err(|rule| {
            let path: String = path.chars().take(100).collect();
            self.refuse(member, &format!("`{path}`: {rule}"))
        })?;
        Ok((Path::from(path), clock))
    }

    /// The document; none if the change deletes it.
    fn content(
        &mut self,
        revisions: &FieldRevisions,
    ) -> Result<Option<Map<String, Value>>, Rejection> {
        match self.rest.remove("deleted") {
            Some(Value::Bool(true)) if revisions.contains_key(DELETED) => return Ok(None),
            Some(Value::Bool(true)) => {
                return Err(self.refuse("fieldRevs", "a deletion has its clock at `_deleted`"));
            }
            None | Some(Value::Bool(false) | Value::Null) => {}
            Some(_) => return Err(self.refuse("deleted", "it is true or false")),
        }
        match self.rest.remove("doc") {
            Some(Value::Object(content)) => Ok(Some(content)),
            Some(_) => Err(self.refuse("doc", "a document is an object")),
            None => Err(self.refuse("doc", "it is missing")),
        }
    }
}
