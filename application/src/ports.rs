//! The outside things that the use cases need, each a trait that an adapter implements.

mod access;
mod accounts;
mod clock;
mod documents;
mod exports;
mod identity_providers;
mod live;
mod organisations;
mod randomness;
mod search;
mod sessions;
mod store;
mod users;

pub use access::{AccessEntries, EntryQuery, EntryTransaction, ShareTokenHash, StoredEntry};
pub use accounts::{AccountTransaction, Accounts, OwnOrganisation, SubjectHash, subject_hash};
pub use clock::Clock;
pub use documents::{
    DocumentQuery, Documents, FoundDocument, OldVersion, Reading, Restorable, VersionList,
};
pub use exports::{
    ExportInterrupted, ExportItem, ExportPart, ExportSink, ExportSnapshot, Exports, MAX_COLUMNS,
    SinkClosed,
};
pub use identity_providers::{Authorization, Grant, IdentityProviders, ProviderError};
pub use live::{Audience, Membership, Poke};
pub use organisations::{Founded, Member, Organisation, OrganisationTransaction, Organisations};
pub use randomness::Randomness;
pub use search::{Found, SearchPosition, SearchQuery, SearchStoreError, Searches};
pub use sessions::{Session, SessionError, Sessions, SigningError};
pub use store::{
    Before, DatabaseState, DocumentWrite, Freshness, History, HistoryQuery, Incarnation,
    LockRequest, NewPush, Page, PageQuery, Patience, Position, PurgeReport, ReportsFor, Route,
    Scope, Seen, SharedPage, SharedPageQuery, SharedPosition, Store, StoreError, StoredVersion,
    SyncAttempt, SyncTransaction, Unread, Written,
};
pub use users::{CodeHash, Linked, Unlinked, User, Users};
