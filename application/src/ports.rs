//! The outside things that the use cases need, each a trait that an adapter implements.

mod clock;
mod organisations;
mod sessions;
mod store;

pub use clock::Clock;
pub use organisations::{Member, Organisation, OrganisationTransaction, Organisations};
pub use sessions::{Session, SessionError, Sessions};
pub use store::{
    DatabaseState, DocumentId, DocumentWrite, History, HistoryQuery, Incarnation, Locked, NewPush,
    Page, PageQuery, Position, PurgeReport, ReportsFor, Scope, Seen, Store, StoreError,
    StoredVersion, SyncTransaction,
};
