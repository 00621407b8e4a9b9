//! Statements take whole columns as arrays, so that their number does not depend on how many
//! documents there are.

use sqlx::{Postgres, postgres::PgArguments, query::Query};
use syncline_application::ports::{DocumentId, DocumentWrite, HistoryQuery};

use crate::rows::signed;

type Statement<'q> = Query<'q, Postgres, PgArguments>;

#[derive(Default)]
pub(super) struct DocumentColumns {
    pub(super) owners: Vec<String>,
    pub(super) applications: Vec<String>,
    pub(super) collections: Vec<String>,
    pub(super) keys: Vec<String>,
}

impl DocumentColumns {
    pub(super) fn of(documents: &[DocumentId]) -> Self {
        let mut columns = Self::default();
        for document in documents {
            columns.push(document);
        }
        columns
    }

    fn push(&mut self, document: &DocumentId) {
        let scope = &document.scope;
        self.owners.push(scope.owner.to_string());
        self.applications.push(scope.application.to_string());
        self.collections.push(scope.collection.to_string());
        self.keys.push(document.key.to_string());
    }
}

#[derive(Default)]
pub(super) struct HistoryColumns {
    ordinals: Vec<i64>,
    namespaces: Vec<i64>,
    documents: DocumentColumns,
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

impl HistoryColumns {
    pub(super) fn of(
        queries: &[HistoryQuery],
        documents: &[DocumentId],
        namespaces: &[i64],
    ) -> Self {
        let mut columns = Self::default();
        for (ordinal, query) in (0_i64..).zip(queries) {
            let document = documents
                .get(query.document)
                .zip(namespaces.get(query.document));
            if let Some((document, namespace)) = document {
                columns.push(ordinal, query, document, *namespace);
            }
        }
        columns
    }

    fn push(&mut self, ordinal: i64, query: &HistoryQuery, document: &DocumentId, namespace: i64) {
        let seen = query.seen.as_ref();
        let paging = seen.and_then(|seen| seen.paging.as_ref());
        self.ordinals.push(ordinal);
        self.namespaces.push(namespace);
        self.documents.push(document);
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

    pub(super) fn bind<'q>(&'q self, statement: Statement<'q>) -> Statement<'q> {
        statement
            .bind(&self.ordinals)
            .bind(&self.namespaces)
            .bind(&self.documents.applications)
            .bind(&self.documents.collections)
            .bind(&self.documents.keys)
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
pub(super) struct VersionColumns {
    namespaces: Vec<i64>,
    documents: DocumentColumns,
    versions: Vec<i64>,
    revisions: Vec<String>,
    field_revisions: Vec<String>,
    contents: Vec<String>,
    deleted: Vec<bool>,
    bytes: Vec<i32>,
}

impl VersionColumns {
    pub(super) fn of(
        writes: &[DocumentWrite],
        documents: &[DocumentId],
        namespaces: &[i64],
    ) -> Self {
        let mut columns = Self::default();
        for write in writes {
            let (Some(version), Some(document), Some(namespace)) = (
                &write.version,
                documents.get(write.document),
                namespaces.get(write.document),
            ) else {
                continue;
            };
            let field_revisions = text(&version.field_revisions);
            let content = text(&version.content);
            let bytes = field_revisions.len().saturating_add(content.len());
            columns.namespaces.push(*namespace);
            columns.documents.push(document);
            columns.versions.push(signed(version.number));
            columns.revisions.push(version.revision.to_string());
            columns.field_revisions.push(field_revisions);
            columns.contents.push(content);
            columns.deleted.push(version.deleted);
            columns.bytes.push(bytes.try_into().unwrap_or(i32::MAX));
        }
        columns
    }

    pub(super) fn len(&self) -> u64 {
        self.versions.len() as u64
    }

    pub(super) fn bind<'q>(&'q self, statement: Statement<'q>) -> Statement<'q> {
        statement
            .bind(&self.namespaces)
            .bind(&self.documents.applications)
            .bind(&self.documents.collections)
            .bind(&self.documents.keys)
            .bind(&self.versions)
            .bind(&self.revisions)
            .bind(&self.field_revisions)
            .bind(&self.contents)
            .bind(&self.deleted)
            .bind(&self.bytes)
    }
}

#[derive(Default)]
pub(super) struct PushColumns {
    namespaces: Vec<i64>,
    documents: DocumentColumns,
    versions: Vec<i64>,
    paths: Vec<String>,
    revisions: Vec<String>,
    values: Vec<Option<String>>,
    reports: Vec<Option<String>>,
}

impl PushColumns {
    pub(super) fn of(
        writes: &[DocumentWrite],
        documents: &[DocumentId],
        namespaces: &[i64],
    ) -> Self {
        let mut columns = Self::default();
        for write in writes {
            let place = documents
                .get(write.document)
                .zip(namespaces.get(write.document));
            let Some((document, namespace)) = place else {
                continue;
            };
            for push in &write.pushes {
                columns.namespaces.push(*namespace);
                columns.documents.push(document);
                columns.versions.push(signed(push.value.version));
                columns.paths.push(push.value.path.to_string());
                columns.revisions.push(push.value.revision.to_string());
                columns.values.push(push.value.value.as_ref().map(text));
                columns.reports.push(push.report.as_ref().map(text));
            }
        }
        columns
    }

    pub(super) fn bind<'q>(&'q self, statement: Statement<'q>) -> Statement<'q> {
        statement
            .bind(&self.namespaces)
            .bind(&self.documents.applications)
            .bind(&self.documents.collections)
            .bind(&self.documents.keys)
            .bind(&self.versions)
            .bind(&self.paths)
            .bind(&self.revisions)
            .bind(&self.values)
            .bind(&self.reports)
    }
}

/// JSON text. Maps with text keys, which is all there is here, cannot fail to be written.
fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
