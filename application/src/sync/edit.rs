//! Edits that come by other ways than a sync: what they need of it, and their push.

use std::sync::Arc;

use serde_json::Value;
use syncline_domain::{
    access::Namespace,
    hlc::Hlc,
    identifier::{ApplicationName, CollectionName, OrganisationId, UserId},
    merge::Edit,
};

use super::{
    Rejection, SyncError, SyncService,
    push::{Pushed, Stored},
    request::{PushedChange, SyncRequest, WireChange},
};
use crate::{
    cursor::{Cursor, Presented},
    ports::{DocumentQuery, Scope, Session, StoreError},
    registry::{Application, CollectionSchema},
};

/// What became of the changes of one push.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How many are stored as they came, by this push.
    pub(crate) stored: usize,
    /// How many were stored so before.
    pub(crate) unchanged: usize,
    /// How many were merged with what is stored.
    pub(crate) merged: usize,
    /// The conflicts that they met.
    pub(crate) conflicts: Vec<Value>,
    /// Those that cannot be stored.
    pub(crate) rejected: Vec<Rejection>,
}

impl SyncService {
    /// A configured application, by its name.
    pub(crate) fn application(
        &self,
        name: &str,
    ) -> Result<(ApplicationName, &Application), SyncError> {
        let found = ApplicationName::new(name)
            .ok()
            .and_then(|name| Some((name.clone(), self.registry.get(&name)?)));
        found.ok_or_else(|| SyncError::UnknownApplication(name.to_owned()))
    }

    /// A collection of the organisation, or of the caller.
    pub(crate) fn scope(
        &self,
        caller: &UserId,
        organisation: Option<OrganisationId>,
        application: &str,
        collection: CollectionName,
    ) -> Result<Scope, SyncError> {
        let (name, _) = self.application(application)?;
        Ok(Scope {
            namespace: organisation.map_or_else(
                || Namespace::Personal(caller.clone()),
                Namespace::Organisation,
            ),
            application: name,
            collection,
        })
    }

    /// A server clock that says what `reader` has seen of `scope`.
    pub(crate) fn clock_of(
        &self,
        reader: &UserId,
        scope: &Scope,
        cursor: &Cursor,
    ) -> Result<Hlc, SyncError> {
        let clock = self.clock.stamp(&Hlc::zero())?;
        Ok(self.cursors.write(&clock, reader, scope, cursor)?)
    }

    /// A revision of the server's own, above `revision`.
    pub(crate) fn stamp(&self, revision: &Hlc) -> Result<Hlc, SyncError> {
        Ok(self.clock.stamp(revision)?)
    }

    /// The most changes that are stored at once.
    pub(crate) fn most_changes(&self) -> usize {
        self.limits.changes.max(1)
    }

    /// Stores an edit of a document that the server made for `writer`, and returns the conflicts
    /// that it met.
    pub(crate) async fn store_edit(
        &self,
        writer: &Session,
        document: &DocumentQuery,
        edit: Edit,
        base: Hlc,
    ) -> Result<Vec<Value>, SyncError> {
        let scope = document.scope.clone();
        let change = PushedChange {
            key: document.key.clone(),
            owner: document.owner.clone(),
            edit,
            base: Some(base),
        };
        let change = self
            .check_content(change, self.schema_of(&scope))
            .map_err(|rejection| SyncError::Rejected(vec![rejection]))?;
        let outcome = self.store_changes(writer, scope, vec![change]).await?;
        Ok(outcome.conflicts)
    }

    /// Stores those of the changes, each as it stands in the body of a sync, that can be.
    pub(crate) async fn store_valid(
        &self,
        writer: &Session,
        scope: Scope,
        changes: Vec<Value>,
    ) -> Result<Outcome, SyncError> {
        let changes = changes.into_iter().map(WireChange::from).collect();
        let schema = self.schema_of(&scope);
        let (valid, rejected) = self.check_changes(&writer.user_id, &scope, changes, schema);
        let outcome = self.store_changes(writer, scope, valid).await?;
        Ok(Outcome {
            rejected,
            ..outcome
        })
    }

    fn schema_of(&self, scope: &Scope) -> Option<&CollectionSchema> {
        self.registry
            .get(&scope.application)?
            .schema(&scope.collection)
    }

    /// Stores changes: at once, or half by half if that would be about too much.
    async fn store_changes(
        &self,
        writer: &Session,
        scope: Scope,
        changes: Vec<PushedChange>,
    ) -> Result<Outcome, SyncError> {
        let scope = Arc::new(scope);
        let mut outcome = Outcome::default();
        let mut waiting = vec![changes];
        while let Some(changes) = waiting.pop() {
            let request = request_of(writer, Arc::clone(&scope), changes);
            match self.push(&request).await {
                Err(SyncError::Store(StoreError::TooMuch(_))) if request.changes.len() > 1 => {
                    let (first, second) = request.changes.split_at(request.changes.len() / 2);
                    waiting.extend([second.to_vec(), first.to_vec()]);
                }
                pushed => outcome.add(request.changes.len(), pushed?),
            }
        }
        Ok(outcome)
    }
}

impl Outcome {
    /// Adds what became of so many changes.
    fn add(&mut self, count: usize, pushed: Pushed) {
        let is_new = |stored: &&Stored| Some(stored.transaction) == pushed.transaction;
        let stored = pushed.stored.iter().filter(is_new).count();
        self.stored += stored;
        self.unchanged += pushed.stored.len() - stored;
        self.merged += count - pushed.stored.len();
        self.conflicts.extend(pushed.conflicts);
    }
}

fn request_of(writer: &Session, scope: Arc<Scope>, changes: Vec<PushedChange>) -> Arc<SyncRequest> {
    Arc::new(SyncRequest {
        reader: writer.user_id.clone(),
        session_began_at: writer.session_began_at,
        scope,
        presented: Presented::Nothing,
        changes,
        rejected: None,
        everybody: false,
        knows_tombstones: true,
        node: None,
        limit: None,
        echo: false,
    })
}
