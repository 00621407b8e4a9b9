//! An offline-first client for Syncline.
//!
//! A [`store::Store`] keeps the documents of a user in a file and synchronises by itself; the README
//! shows it. It is made of a core that can be used alone:
//!
//! A [`SyncClient`] holds the documents of one collection in one namespace. It is edited whether
//! or not there is a network, and [`sync()`] reconciles it with a server. The core knows neither
//! time nor network nor storage: times are arguments, [`SyncClient::snapshot`] is what to keep
//! between runs, and [`HttpTransport`] is one way to reach a server. What was sent is part of the
//! snapshot, so that it is sent again word for word: whoever keeps snapshots saves one after
//! [`SyncClient::begin_sync`], before anything is sent, and another after
//! [`SyncClient::apply`]; [`sync()`] leaves no moment for the first.
//!
//! ```no_run
//! use syncline_client::{
//!     CollectionName, DocumentId, HttpTransport, Node, SyncClient, UnixMillis, sync,
//! };
//!
//! # async fn example(now: UnixMillis) -> Result<(), Box<dyn std::error::Error>> {
//! let mut client = SyncClient::new(CollectionName::new("tasks")?, Node::new("phone-7f3a")?);
//! let transport = HttpTransport::new("http://127.0.0.1:8080", "todo", "<token>", None)?;
//!
//! let id = DocumentId::own("task-1")?;
//! let mut task = client.get(&id).unwrap_or_default();
//! task.insert("title".to_owned(), "Buy milk".into());
//! client.edit(&id, &task, now)?;
//!
//! let applied = sync(&mut client, &transport, now).await?;
//! for conflict in &applied.conflicts {
//!     println!("{}: {}", conflict.key, conflict.conflict.field);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | `client` | the local documents: edits, requests, answers, resets, snapshots |
//! | [`wire`] | requests and answers as JSON |
//! | `transport` | requests over HTTP, with typed errors |
//! | `sync` | the loop of requests until nothing is waiting on either side |
//! | [`store`] | all of it together, on SQLite: what most applications want |
//!
//! What becomes of a document's pending edits when the server sends its state is decided by
//! [`syncline_domain::rebase`], which other clients share through the conformance vectors.

mod client;
mod error;
mod id;
pub mod store;
mod sync;
mod transport;
pub mod wire;

pub use client::{Applied, Snapshot, SyncClient};
pub use error::ClientError;
pub use id::DocumentId;
pub use sync::{SyncError, SyncInterrupted, sync};
pub use syncline_domain::{
    document::Document,
    hlc::{Hlc, Node, UnixMillis},
    identifier::{CollectionName, DocumentKey, OrganisationId, UserId},
    merge::Conflict,
};
pub use transport::{HttpTransport, TransportError};
pub use wire::{Access, Rejection, ReportedConflict, SyncAnswer, SyncRequest};
