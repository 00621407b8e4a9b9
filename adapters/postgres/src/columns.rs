//! What a push binds. Statements take whole columns as arrays, so that their number does not depend on how many
//! documents there are.

use std::sync::Arc;

use sqlx::{Postgres, postgres::PgArguments, query::Query};
use syncline_application::ports::{DocumentWrite, HistoryQuery, LockRequest, Scope};
use syncline_domain::{
    access::Namespace,
    identifier::{DocumentKey, UserId},
};

use crate::rows::{namespace, signed};

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Where a document is.
pub(crate) struct Place {
    pub(crate) namespace: i64,
    pub(crate) scope: Arc<Scope>,
    pub(crate) key: DocumentKey,
    /// Who writes it.
    pub(crate) writer: UserId,
}

impl Place {
    /// Who is recorded to have made the document, if that is not the owner of its namespace.
    fn creator(&self) -> Option<&str> {
        match self.scope.namespace {
            Namespace::Personal(_) => None,
            Namespace::Organisation(_) => Some(self.writer.as_str()),
        }
    }

    /// Who pushes, if the document is another user's.
    fn pusher(&self) -> Option<&str> {
        match &self.scope.namespace {
            Namespace::Personal(owner) if *owner != self.writer => Some(self.writer.as_str()),
            Namespace::Personal(_) | Namespace::Organisation(_) => None,
        }
    }
}

#[derive(Default)]
pub(crate) struct LockColumns<'a> {
    kinds: Vec<&'static str>,
    owners: Vec<&'a str>,
    writers: Vec<&'a str>,
    sessions: Vec<i64>,
    applications: Vec<&'a str>,
    collections: Vec<&'a str>,
    places: Vec<i64>,
    keys: Vec<&'a str>,
}

impl<'a> LockColumns<'a> {
    pub(crate) fn of(requests: &'a [LockRequest]) -> Self {
        let mut columns = Self::default();
        for (place, request) in (1..).zip(requests) {
            let (kind, owner) = namespace(&request.scope.namespace);
            columns.kinds.push(kind);
            columns.owners.push(owner);
            columns.writers.push(request.writer.as_str());
            columns.sessions.push(signed(request.session_began_at.0));
            columns
                .applications
                .push(request.scope.application.as_str());
            columns.collections.push(request.scope.collection.as_str());
            for key in &request.keys {
                columns.places.push(place);
                columns.keys.push(key.as_str());
            }
        }
        columns
    }

    pub(crate) fn bind<'q>(&'q self, statement: Statement<'q>) -> Statement<'q> {
        statement
            .bind(&self.kinds)
            .bind(&self.owners)
            .bind(&self.writers)
            .bind(&self.sessions)
            .bind(&self.applications)
            .bind(&self.collections)
            .bind(&self.places)
            .bind(&self.keys)
    }
}

/// Where documents are, column by column.
#[derive(Default)]
struct PlaceColumns<'a> {
    namespaces: Vec<i64>,
    applications: Vec<&'a str>,
    collections: Vec<&'a str>,
    keys: Vec<&'a str>,
}

impl<'a> PlaceColumns<'a> {
    fn push(&mut self, place: &'a Place) {
        self.namespaces.push(place.namespace);
        self.applications.push(place.scope.application.as_str());
        self.collections.push(place.scope.collection.as_str());
        self.keys.push(place.key.as_str());
    }

    fn bind<'q>(&'q self, statement: Statement<'q>) -> Statement<'q> {
        statement
            .bind(&self.namespaces)
            .bind(&self.applications)
            .bind(&self.collections)
            .bind(&self.keys)
    }
}

#[derive(Default)]
pub(crate) struct HistoryColumns<'a> {
    ordinals: Vec<i64>,
    places: PlaceColumns<'a>,
    begins: Vec<Option<String>>,
    owns: Vec<Option<String>>,
    ends: Vec<Option<String>>,
    positions: Vec<Option<String>>,
    position_keys: Vec<Option<String>>,
    named_ordinals: Vec<i64>,
    paths: Vec<String>,
    revisions: Vec<String>,
    node_ordinals: Vec<i64>,
    nodes: Vec<String>,
}

impl<'a> HistoryColumns<'a> {
    pub(crate) fn of(queries: &[HistoryQuery], places: &'a [Place]) -> Self {
        let mut columns = Self::default();
        for (ordinal, query) in (0_i64..).zip(queries) {
            if let Some(place) = places.get(query.document) {
                columns.push(ordinal, query, place);
            }
        }
        columns
    }

    fn push(&mut self, ordinal: i64, query: &HistoryQuery, place: &'a Place) {
        let seen = query.seen.as_ref();
        let paging = seen.and_then(|seen| seen.paging.as_ref());
        self.ordinals.push(ordinal);
        self.places.push(place);
        self.begins.push(seen.map(|seen| seen.begin.to_string()));
        self.owns
            .push(seen.and_then(|seen| seen.own).map(|own| own.to_string()));
        self.ends.push(paging.map(|(end, _)| end.to_string()));
        self.positions
            .push(paging.map(|(_, position)| position.transaction.to_string()));
        self.position_keys
            .push(paging.map(|(_, position)| position.key.to_string()));
        for (path, revision) in &query.revisions {
            self.named_ordinals.push(ordinal);
            self.paths.push(path.to_string());
            self.revisions.push(revision.to_string());
        }
        for node in &query.nodes {
            self.node_ordinals.push(ordinal);
            self.nodes.push(node.as_str().to_owned());
        }
    }

    pub(crate) fn bind<'q>(&'q self, statement: Statement<'q>) -> Statement<'q> {
        self.places
            .bind(statement.bind(&self.ordinals))
            .bind(&self.begins)
            .bind(&self.owns)
            .bind(&self.ends)
            .bind(&self.positions)
            .bind(&self.position_keys)
            .bind(&self.named_ordinals)
            .bind(&self.paths)
            .bind(&self.revisions)
            .bind(&self.node_ordinals)
            .bind(&self.nodes)
    }
}

#[derive(Default)]
pub(crate) struct VersionColumns<'a> {
    places: PlaceColumns<'a>,
    versions: Vec<i64>,
    revisions: Vec<String>,
    field_revisions: Vec<String>,
    contents: Vec<String>,
    deleted: Vec<bool>,
    bytes: Vec<i32>,
    creators: Vec<Option<&'a str>>,
}

impl<'a> VersionColumns<'a> {
    pub(crate) fn of(writes: &[DocumentWrite<'_>], places: &'a [Place]) -> Self {
        let mut columns = Self::default();
        for write in writes {
            let Some((version, place)) = write.version.zip(places.get(write.document)) else {
                continue;
            };
            let field_revisions = text(&version.field_revisions);
            let content = text(&version.content);
            let bytes = field_revisions.len().saturating_add(content.len());
            columns.places.push(place);
            columns.versions.push(signed(version.number));
            columns.revisions.push(version.revision.to_string());
            columns.field_revisions.push(field_revisions);
            columns.contents.push(content);
            columns.deleted.push(version.deleted);
            columns.bytes.push(bytes.try_into().unwrap_or(i32::MAX));
            columns.creators.push(place.creator());
        }
        columns
    }

    pub(crate) fn bind<'q>(&'q self, statement: Statement<'q>) -> Statement<'q> {
        self.places
            .bind(statement)
            .bind(&self.versions)
            .bind(&self.revisions)
            .bind(&self.field_revisions)
            .bind(&self.contents)
            .bind(&self.deleted)
            .bind(&self.bytes)
            .bind(&self.creators)
    }
}

#[derive(Default)]
pub(crate) struct PushColumns<'a> {
    places: PlaceColumns<'a>,
    versions: Vec<i64>,
    paths: Vec<String>,
    revisions: Vec<String>,
    values: Vec<Option<String>>,
    reports: Vec<Option<String>>,
    pushers: Vec<Option<&'a str>>,
    devices: Vec<&'a str>,
}

impl<'a> PushColumns<'a> {
    pub(crate) fn of(writes: &[DocumentWrite<'a>], places: &'a [Place]) -> Self {
        let mut columns = Self::default();
        for write in writes {
            let Some(place) = places.get(write.document) else {
                continue;
            };
            for push in write.pushes {
                columns.places.push(place);
                columns.versions.push(signed(push.value.version));
                columns.paths.push(push.value.path.to_string());
                columns.revisions.push(push.value.revision.to_string());
                columns.values.push(push.value.value.as_ref().map(text));
                columns.reports.push(push.report.as_ref().map(text));
                columns.pushers.push(place.pusher());
                columns.devices.push(push.device.as_str());
            }
        }
        columns
    }

    pub(crate) fn bind<'q>(&'q self, statement: Statement<'q>) -> Statement<'q> {
        self.places
            .bind(statement)
            .bind(&self.versions)
            .bind(&self.paths)
            .bind(&self.revisions)
            .bind(&self.values)
            .bind(&self.reports)
            .bind(&self.pushers)
            .bind(&self.devices)
    }
}

/// JSON text. Maps with text keys, which is all there is here, cannot fail to be written.
fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
