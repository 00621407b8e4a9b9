//! Documents one by one: what one is now, what it was, and bringing back what it was.

use std::sync::Arc;

use serde_json::Value;
use syncline_domain::{
    document::{Document, diff},
    hlc::Hlc,
    identifier::{CollectionName, DocumentKey, OrganisationId},
    merge::{DELETED, Edit},
    path::Path,
    snapshot::{Snapshot, TransactionId},
};

use crate::{
    cursor::Cursor,
    ports::{
        DatabaseState, DocumentQuery, Documents, OldVersion, Reading, Restorable, Seen, Session,
        StoreError,
    },
    sync::{SyncError, SyncService},
};

/// The most versions on a page.
const MAX_VERSIONS: u32 = 100;

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// There is no such document that the caller may see.
    #[error("there is no document `{0}` here; sync the collection to see which there are")]
    NotFound(String),
    /// The version to be restored is not kept.
    #[error("rev: no version of the document with this revision is kept; `versions` lists them")]
    NoSuchVersion,
    /// The page asked for is none.
    #[error("{0}")]
    BadPage(String),
    /// It is as with a sync.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

/// A document that is asked for, as it stands in a path.
#[derive(Clone, Debug)]
pub struct DocumentRequest {
    /// Who asks.
    pub caller: Session,
    /// The organisation whose document is meant; none for the caller's own.
    pub organisation: Option<OrganisationId>,
    /// The application.
    pub application: String,
    /// The collection.
    pub collection: String,
    /// The key.
    pub key: String,
}

/// A document, and the clock that an edit of it has as `baseClock`.
#[derive(Clone, Debug)]
pub struct ReadDocument {
    /// It, as JSON as it goes on the wire.
    pub text: String,
    /// That the caller has seen it.
    pub clock: Hlc,
}

/// Versions of a document, the newest first.
#[derive(Clone, Debug)]
pub struct VersionPage {
    /// Them, as JSON as they go on the wire.
    pub versions: Vec<String>,
    /// Where the next page begins; none if this is the last.
    pub next_cursor: Option<String>,
}

/// A document after one of its versions was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What it is now; none if the version restored was that it is deleted.
    pub document: Option<ReadDocument>,
    /// The conflicts with edits that came at the same time.
    pub conflicts: Vec<Value>,
}

/// Reads and restores documents.
pub struct DocumentService {
    documents: Arc<dyn Documents>,
    sync: Arc<SyncService>,
}

impl DocumentService {
    /// Puts the service together.
    #[must_use]
    pub fn new(documents: Arc<dyn Documents>, sync: Arc<SyncService>) -> Self {
        Self { documents, sync }
    }

    /// A document that the caller may see.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub async fn get(&self, request: &DocumentRequest) -> Result<ReadDocument, DocumentError> {
        let query = self.query(request)?;
        let found = self.read(&query).await?;
        found.ok_or_else(|| not_found(&request.key))
    }

    /// The kept versions of a document, the newest first. The cursor is the last one's number.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub async fn versions(
        &self,
        request: &DocumentRequest,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<VersionPage, DocumentError> {
        let query = self.query(request)?;
        let (before, limit) = (before(cursor)?, most(limit)?);
        let list = self.documents.versions(&query, before, limit).await?;
        if !list.is_member {
            return Err(SyncError::NotMember.into());
        }
        // The first version has the number 1: below it there is nothing to find.
        let oldest = list.versions.last().map(|(number, _)| *number);
        if oldest.is_none() && before.is_none() {
            return Err(not_found(&request.key));
        }
        let versions = list.versions.into_iter().map(|(_, text)| text);
        Ok(VersionPage {
            versions: versions.collect(),
            next_cursor: oldest
                .filter(|oldest| *oldest > 1)
                .map(|oldest| oldest.to_string()),
        })
    }

    /// Makes an old version of a document the newest one, as an edit that syncs like any other.
    ///
    /// # Errors
    /// [`DocumentError`]; what the collection's schema now refuses cannot be restored.
    pub async fn restore(
        &self,
        request: &DocumentRequest,
        revision: &Hlc,
    ) -> Result<Restored, DocumentError> {
        let query = self.query(request)?;
        let reading = member(self.documents.restorable(&query, revision).await?)?;
        let restorable = reading.found.ok_or_else(|| not_found(&request.key))?;
        let Restorable { current, wanted } = restorable;
        let wanted = wanted.ok_or(DocumentError::NoSuchVersion)?;
        let stamp = self.sync.stamp(&current.version.revision)?;
        let mut conflicts = Vec::new();
        if let Some(edit) = restoration(
            &current.version.content,
            current.version.deleted,
            wanted,
            &stamp,
        ) {
            let cursor = cursor(&reading.state, reading.snapshot, current.transaction);
            let base = self.sync.clock_of(&query.reader, &query.scope, &cursor)?;
            let (scope, key) = (query.scope.clone(), query.key.clone());
            let stored = self
                .sync
                .store_edit(&request.caller, scope, key, edit, base);
            conflicts = stored.await?;
        }
        Ok(Restored {
            document: self.read(&query).await?,
            conflicts,
        })
    }

    /// A name that nobody can give is that of no document.
    fn query(&self, request: &DocumentRequest) -> Result<DocumentQuery, DocumentError> {
        let collection = CollectionName::new(&request.collection);
        let collection = collection.map_err(|_| not_found(&request.key))?;
        let key = DocumentKey::new(&request.key).map_err(|_| not_found(&request.key))?;
        let scope = self.sync.scope(
            &request.caller.user_id,
            request.organisation.clone(),
            &request.application,
            collection,
        )?;
        Ok(DocumentQuery {
            reader: request.caller.user_id.clone(),
            scope,
            key,
        })
    }

    async fn read(&self, query: &DocumentQuery) -> Result<Option<ReadDocument>, DocumentError> {
        let reading = member(self.documents.document(query).await?)?;
        let Some(found) = reading.found else {
            return Ok(None);
        };
        let cursor = cursor(&reading.state, reading.snapshot, found.transaction);
        let clock = self.sync.clock_of(&query.reader, &query.scope, &cursor)?;
        let text = found.text;
        Ok(Some(ReadDocument { text, clock }))
    }
}

/// That a document was seen as `transaction` wrote it. The snapshot reaches no further: after a
/// crash, PostgreSQL gives the ids behind it to others (ADR 0001).
fn cursor(state: &DatabaseState, snapshot: Snapshot, transaction: TransactionId) -> Cursor {
    Cursor {
        incarnation: state.incarnation,
        time: state.now,
        seen: Seen {
            begin: snapshot.before(transaction.saturating_add(1)),
            own: None,
            paging: None,
        },
        shared: None,
        pages_read_at: None,
    }
}

/// The edit that makes of the current version what an old one was; none if it is that already.
fn restoration(
    current: &Document,
    is_deleted: bool,
    wanted: OldVersion,
    stamp: &Hlc,
) -> Option<Edit> {
    let at = |path: Path| (path, stamp.clone());
    let (content, revisions) = match wanted {
        OldVersion::Deleted => (None, [at(Path::of_key(DELETED))].into()),
        OldVersion::Fields(fields) => {
            let difference = diff(current, &fields);
            let paths = difference.changed.into_keys().chain(difference.removed);
            let revisions = paths.map(at).collect();
            (Some(fields), revisions)
        }
    };
    let edit = Edit {
        content,
        revisions,
        after: [].into(),
    };
    let is_same = edit.content.is_none() == is_deleted && (is_deleted || edit.revisions.is_empty());
    (!is_same).then_some(edit)
}

fn member<T>(reading: Reading<T>) -> Result<Reading<T>, SyncError> {
    if reading.is_member {
        Ok(reading)
    } else {
        Err(SyncError::NotMember)
    }
}

fn not_found(key: &str) -> DocumentError {
    DocumentError::NotFound(key.to_owned())
}

fn before(cursor: Option<&str>) -> Result<Option<u64>, DocumentError> {
    let refuse = |_| DocumentError::BadPage("cursor: it is none of a page of versions".to_owned());
    cursor.map(str::parse).transpose().map_err(refuse)
}

fn most(limit: Option<u32>) -> Result<u32, DocumentError> {
    let limit = limit.unwrap_or(MAX_VERSIONS);
    if (1..=MAX_VERSIONS).contains(&limit) {
        return Ok(limit);
    }
    let sentence = format!("limit: a page has 1 to {MAX_VERSIONS}; ask for so many");
    Err(DocumentError::BadPage(sentence))
}

impl From<StoreError> for DocumentError {
    fn from(error: StoreError) -> Self {
        Self::Sync(error.into())
    }
}
