//! Documents one by one: what one is now, what it was, and bringing back what it was.

use std::sync::Arc;

use serde_json::Value;
use syncline_domain::{
    access::{Access, Namespace},
    document::{Document, diff},
    hlc::Hlc,
    identifier::{CollectionName, DocumentKey, OrganisationId, UserId},
    merge::{DELETED, Edit, Version},
    path::Path,
    snapshot::{Snapshot, TransactionId},
};

use crate::{
    cursor::Cursor,
    ports::{
        DatabaseState, DocumentQuery, Documents, OldVersion, Restorable, Seen, Session, StoreError,
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
    /// The caller may see the document, but not change it.
    #[error("the document `{0}` of this owner is shared with you for reading only; ask its owner")]
    ReadOnly(String),
    /// The version to be restored is not kept.
    #[error("rev: no version of the document with this revision is kept; `versions` lists them")]
    NoSuchVersion,
    /// The request itself breaks a rule.
    #[error("{0}")]
    BadRequest(String),
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
    /// Whose document it is, if another's that the caller can see: what pulls name as `_owner`.
    pub owner: Option<String>,
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
        allowed(&query, list.access)?;
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
        let reading = self.documents.restorable(&query, revision).await?;
        let access = allowed(&query, reading.access)?;
        let restorable = reading.found.ok_or_else(|| not_found(&request.key))?;
        if access < Access::Write {
            return Err(DocumentError::ReadOnly(request.key.clone()));
        }
        let Restorable {
            current,
            transaction,
            wanted,
        } = restorable;
        let wanted = wanted.ok_or(DocumentError::NoSuchVersion)?;
        let stamp = self.sync.stamp(&current.version.revision)?;
        let Version {
            content, deleted, ..
        } = &current.version;
        let Some(edit) = restoration(content, *deleted, wanted, &stamp) else {
            let document = self.read(&query).await?;
            return Ok(Restored {
                document,
                conflicts: Vec::new(),
            });
        };
        let cursor = cursor(&reading.state, reading.snapshot, transaction);
        let base = self.sync.clock_of(&query.reader, &query.scope, &cursor)?;
        let caller = &request.caller;
        let conflicts = self.sync.store_edit(caller, &query, edit, base).await?;
        let document = self.read(&query).await.map_err(after_the_edit)?;
        Ok(Restored {
            document,
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
            owner: other(request, &scope.namespace)?,
            scope,
            key,
        })
    }

    async fn read(&self, query: &DocumentQuery) -> Result<Option<ReadDocument>, DocumentError> {
        let reading = self.documents.document(query).await?;
        allowed(query, reading.access)?;
        let Some(found) = reading.found else {
            return Ok(None);
        };
        let cursor = cursor(&reading.state, reading.snapshot, found.transaction);
        let clock = self.sync.clock_of(&query.reader, &query.scope, &cursor)?;
        let text = found.text;
        Ok(Some(ReadDocument { text, clock }))
    }
}

/// That a document was seen as it was by `transaction`. The snapshot reaches no further: after a
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
        tombstones: false,
        begun_from: None,
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

/// Whose document is asked for, if not the caller's own. A name that nobody can have is the owner of
/// none.
fn other(
    request: &DocumentRequest,
    namespace: &Namespace,
) -> Result<Option<UserId>, DocumentError> {
    let Some(owner) = &request.owner else {
        return Ok(None);
    };
    let Namespace::Personal(caller) = namespace else {
        let sentence = "owner: the documents of an organisation are its own; leave out `owner`, or \
            the header `X-Org-Id`";
        return Err(DocumentError::BadRequest(sentence.to_owned()));
    };
    let owner = UserId::new(owner).map_err(|_| not_found(&request.key))?;
    Ok((owner != *caller).then_some(owner))
}

/// What the reader may do, who is told nothing of a document that is not for the reader's eyes.
fn allowed(query: &DocumentQuery, access: Option<Access>) -> Result<Access, DocumentError> {
    access.ok_or_else(|| match &query.scope.namespace {
        Namespace::Organisation(_) => SyncError::NotMember.into(),
        Namespace::Personal(_) => not_found(query.key.as_str()),
    })
}

/// Why it cannot be read what an edit that was stored has made of a document.
fn after_the_edit(error: DocumentError) -> DocumentError {
    match error {
        DocumentError::NotFound(_) | DocumentError::Sync(SyncError::NotMember) => {
            SyncError::not_known().into()
        }
        error => error,
    }
}

fn not_found(key: &str) -> DocumentError {
    DocumentError::NotFound(key.to_owned())
}

fn before(cursor: Option<&str>) -> Result<Option<u64>, DocumentError> {
    let refuse =
        |_| DocumentError::BadRequest("cursor: it is none of a page of versions".to_owned());
    cursor.map(str::parse).transpose().map_err(refuse)
}

fn most(limit: Option<u32>) -> Result<u32, DocumentError> {
    let limit = limit.unwrap_or(MAX_VERSIONS);
    if (1..=MAX_VERSIONS).contains(&limit) {
        return Ok(limit);
    }
    let sentence = format!("limit: a page has 1 to {MAX_VERSIONS}; ask for so many");
    Err(DocumentError::BadRequest(sentence))
}

impl From<StoreError> for DocumentError {
    fn from(error: StoreError) -> Self {
        Self::Sync(error.into())
    }
}
