//! Requests as they come in, and as they are once every change was checked.

mod change;
mod rejection;
mod wire;

use std::{collections::HashSet, sync::Arc};

use serde::Deserialize;
use syncline_domain::{
    access::Namespace,
    hlc::{Hlc, Node, UnixMillis},
    identifier::{ApplicationName, CollectionName, OrganisationId, UserId},
    merge::Edit,
    path::Path,
};

use super::{SyncError, SyncService};
use crate::{
    cursor::Presented,
    ports::{Scope, Session},
    registry::CollectionSchema,
};

pub(super) use change::PushedChange;
pub use rejection::{Detail, Rejection, RejectionCode};
pub(crate) use wire::WireChange;

/// What a request may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a document as compact JSON.
    pub document_bytes: usize,
    /// The most bytes of stored documents, with their revisions, that are read for a request which is
    /// about several, and of what is known of their past.
    pub read_bytes: usize,
    /// The most changes in a request.
    pub changes: usize,
    /// How far ahead of the server's time a revision may be, in milliseconds.
    pub clock_skew_millis: u64,
}

/// A change may name a revision for so many bytes that a document may have. That is more than its fields
/// can be: each of them takes six.
const BYTES_PER_REVISION: usize = 4;

/// The most documents that a caller may ask for at once.
const MAX_LIMIT: u32 = 5_000;

/// The body of `POST /{application}/sync`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncBody {
    collection: CollectionName,
    #[serde(default = "Hlc::zero")]
    client_clock: Hlc,
    #[serde(default)]
    changes: Vec<WireChange>,
    #[serde(default)]
    protocol: u32,
    node: Option<String>,
    limit: Option<u32>,
    #[serde(default = "yes")]
    echo: bool,
    #[serde(default)]
    partial: bool,
}

fn yes() -> bool {
    true
}

/// A request as it came in, and who sent it.
#[derive(Debug)]
pub struct WireRequest {
    /// Who calls.
    pub caller: Session,
    /// The organisation whose documents are meant; none for the caller's own.
    pub organisation: Option<OrganisationId>,
    /// The application, as it stands in the path.
    pub application: String,
    /// The body.
    pub body: SyncBody,
}

/// A request whose changes can all be stored.
#[derive(Debug)]
pub(super) struct SyncRequest {
    pub(super) reader: UserId,
    pub(super) session_began_at: UnixMillis,
    pub(super) scope: Arc<Scope>,
    /// What its clock says that it has seen.
    pub(super) presented: Presented,
    pub(super) changes: Vec<PushedChange>,
    /// The changes that cannot be stored, if the others are to be stored nevertheless.
    pub(super) rejected: Option<Vec<Rejection>>,
    /// Whether documents that everybody may see are part of the answer.
    pub(super) everybody: bool,
    pub(super) knows_tombstones: bool,
    pub(super) node: Option<Node>,
    pub(super) limit: Option<u32>,
    pub(super) echo: bool,
}

impl SyncRequest {
    /// Whether a document of another user is written.
    pub(super) fn writes_for_others(&self) -> bool {
        self.changes.iter().any(|change| change.owner.is_some())
    }

    /// Where a change is made: in the collection that the request is about, or in another user's of
    /// the same name.
    pub(super) fn scope_of(&self, change: Option<&PushedChange>) -> Arc<Scope> {
        match change.and_then(|change| change.owner.as_ref()) {
            None => Arc::clone(&self.scope),
            Some(owner) => Arc::new(Scope {
                namespace: Namespace::Personal(owner.clone()),
                ..(*self.scope).clone()
            }),
        }
    }

    /// The collection that the request is about, and all others that it may write: what it names as
    /// an owner is a user or an organisation.
    pub(super) fn scopes(&self) -> impl Iterator<Item = Arc<Scope>> {
        let by_owner = self.changes.chunk_by(|one, other| one.owner == other.owner);
        let owners = by_owner.filter_map(|changes| changes.first()?.owner.as_ref());
        let namespaces = owners.flat_map(|owner| {
            let organisation = OrganisationId::new(owner.as_str()).map(Namespace::Organisation);
            std::iter::once(Namespace::Personal(owner.clone())).chain(organisation.ok())
        });
        let others = namespaces.map(|namespace| {
            Arc::new(Scope {
                namespace,
                ..(*self.scope).clone()
            })
        });
        std::iter::once(Arc::clone(&self.scope)).chain(others)
    }
}

impl SyncService {
    /// Checks everything that can be checked without looking at the store.
    pub(super) fn check(&self, request: WireRequest) -> Result<SyncRequest, SyncError> {
        let WireRequest {
            caller,
            organisation,
            application,
            body,
        } = request;
        let unknown = || SyncError::UnknownApplication(application.clone());
        let name = ApplicationName::new(&application).map_err(|_| unknown())?;
        let schemas = self.registry.get(&name).ok_or_else(unknown)?;
        let schema = schemas.schema(&body.collection);
        let node = self.check_head(&body)?;
        let scope = Arc::new(Scope {
            namespace: organisation.map_or_else(
                || Namespace::Personal(caller.user_id.clone()),
                Namespace::Organisation,
            ),
            application: name,
            collection: body.collection.clone(),
        });
        let presented = self
            .cursors
            .read(&body.client_clock, &caller.user_id, &scope);
        self.check_presented(&presented)?;
        let (mut changes, rejected) =
            self.check_changes(&caller.user_id, &scope, body.changes, schema);
        // The caller's own first, then those of each other owner together.
        changes.sort_by(|one, other| one.owner.cmp(&other.owner));
        if !body.partial && !rejected.is_empty() {
            return Err(self.refusal(rejected));
        }
        Ok(SyncRequest {
            reader: caller.user_id,
            session_began_at: caller.session_began_at,
            scope,
            presented,
            changes,
            rejected: body.partial.then_some(rejected),
            everybody: schemas.public_in_sync(),
            knows_tombstones: body.protocol >= 2,
            node,
            limit: body.limit,
            echo: body.echo,
        })
    }

    fn check_head(&self, body: &SyncBody) -> Result<Option<Node>, SyncError> {
        let refuse = |rule: String| Err(SyncError::BadRequest(rule));
        if body.changes.len() > self.limits.changes {
            let (most, count) = (self.limits.changes, body.changes.len());
            return refuse(format!(
                "changes: a request has at most {most}; this one has {count}"
            ));
        }
        if body
            .limit
            .is_some_and(|limit| !(1..=MAX_LIMIT).contains(&limit))
        {
            return refuse(format!("limit: it is a number from 1 to {MAX_LIMIT}"));
        }
        match body.node.as_deref().map(Node::new).transpose() {
            Ok(Some(node)) if node.is_server() => {
                refuse("node: this is a node of the server, not of a device".to_owned())
            }
            Ok(node) => Ok(node),
            Err(rule) => refuse(format!("node: {rule}")),
        }
    }

    /// A clock of the client's own, far ahead, would skip everything that is stored until then.
    fn check_presented(&self, presented: &Presented) -> Result<(), SyncError> {
        let (now, bound) = (self.clock.now(), self.limits.clock_skew_millis);
        match presented {
            Presented::Clock(clock) if clock.is_ahead_of(now, bound) => Err(SyncError::ClockSkew {
                error: format!(
                    "clientClock: it is more than {} seconds ahead of the server's time",
                    bound / 1000
                ),
                server_time: now.0,
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn check_changes(
        &self,
        reader: &UserId,
        scope: &Scope,
        changes: Vec<WireChange>,
        schema: Option<&CollectionSchema>,
    ) -> (Vec<PushedChange>, Vec<Rejection>) {
        let mut seen = HashSet::new();
        let (mut valid, mut rejected) = (Vec::with_capacity(changes.len()), Vec::new());
        for (index, change) in changes.into_iter().enumerate() {
            let owner = change::named_owner(&change, scope);
            let checked = PushedChange::parse(index, change, scope)
                .and_then(|change| {
                    self.check_revisions(index, &change)?;
                    self.check_skew(index, &change, reader, scope)?;
                    self.check_content(change, schema)
                })
                .and_then(|change| {
                    if seen.insert((change.owner.clone(), change.key.clone())) {
                        return Ok(change);
                    }
                    let rule = "another change in this request has the same key";
                    Err(Rejection::of_member(
                        index,
                        change.key.as_str(),
                        "key",
                        rule,
                    ))
                });
            match checked {
                Ok(change) => valid.push(change),
                Err(rejection) => rejected.push(Rejection { owner, ..rejection }),
            }
        }
        (valid, rejected)
    }

    pub(super) fn check_content(
        &self,
        change: PushedChange,
        schema: Option<&CollectionSchema>,
    ) -> Result<PushedChange, Rejection> {
        let Some(content) = &change.edit.content else {
            return Ok(change);
        };
        syncline_domain::document::check(content, self.limits.document_bytes)
            .map_err(|violations| Rejection::of_document(change.key.as_str(), violations))?;
        let violations = schema
            .map(|schema| schema.violations(content))
            .unwrap_or_default();
        if violations.is_empty() {
            return Ok(change);
        }
        Err(Rejection::of_schema(change.key.as_str(), violations))
    }

    /// Each revision may stand for a version of the past that has to be read.
    fn check_revisions(&self, index: usize, change: &PushedChange) -> Result<(), Rejection> {
        let most = self.limits.document_bytes / BYTES_PER_REVISION;
        let count = change.edit.revisions.len() + change.edit.after.len();
        if count <= most {
            return Ok(());
        }
        let rule =
            format!("it has at most {most} entries, with those of `after`; there are {count}");
        let key = change.key.as_str();
        Err(Rejection::of_member(index, key, "fieldRevs", &rule))
    }

    fn check_skew(
        &self,
        index: usize,
        change: &PushedChange,
        reader: &UserId,
        scope: &Scope,
    ) -> Result<(), Rejection> {
        let Edit {
            revisions, after, ..
        } = &change.edit;
        let revisions = revisions
            .iter()
            .map(|(path, clock)| ("fieldRevs", Some(path), clock));
        let after = after
            .iter()
            .map(|(path, clock)| ("after", Some(path), clock));
        let now = self.clock.now();
        let bound = self.limits.clock_skew_millis;
        let is_ahead = |clock: &Hlc| clock.is_ahead_of(now, bound);
        // A device can mend nothing of one that a server gave while its time was ahead.
        let is_given = |clock: &Hlc| {
            let presented = self.cursors.read(clock, reader, scope);
            matches!(presented, Presented::Cursor(_))
        };
        let base = change.base.iter();
        let base = base
            .filter(|clock| is_ahead(clock) && !is_given(clock))
            .map(|clock| ("baseClock", None, clock));
        let mut clocks = revisions.chain(after).chain(base);
        match clocks.find(|(_, _, clock)| is_ahead(clock)) {
            None => Ok(()),
            Some((member, path, _)) => {
                let rule = clock_rule(path, bound);
                let key = change.key.as_str();
                Err(Rejection::of_clock(index, key, member, &rule, now))
            }
        }
    }

    /// The one error that refuses a whole request, from those of its changes.
    fn refusal(&self, rejected: Vec<Rejection>) -> SyncError {
        let skewed = rejected
            .iter()
            .find(|rejection| rejection.code == RejectionCode::ClockSkew);
        match skewed {
            Some(rejection) => SyncError::ClockSkew {
                error: rejection.error.clone(),
                server_time: self.clock.now().0,
            },
            None => SyncError::Rejected(rejected),
        }
    }
}

/// What is said of a clock that is ahead, at a path or without one.
fn clock_rule(path: Option<&Path>, bound: u64) -> String {
    let seconds = bound / 1000;
    let rule = format!("the clock is more than {seconds} seconds ahead of the server's time");
    match path {
        Some(path) => {
            let path: String = path.as_str().chars().take(100).collect();
            format!("`{path}`: {rule}")
        }
        None => rule,
    }
}
