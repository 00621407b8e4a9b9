//! Syncline over HTTP: the routes of the protocol, and what every request passes through.
//!
//! A handler parses, calls one service and maps the result; it decides nothing. The files under
//! `routes` follow the paths.
//!
//! | module | what it does |
//! |---|---|
//! | `routes` | the handlers |
//! | `caller` | who calls: the bearer token |
//! | `organisation` | in whose namespace: `X-Org-Id` |
//! | `body` | bodies of requests: their type, size and JSON |
//! | `error` | the one error body of the protocol |
//! | `openapi` | the description of the routes |
//! | `metrics` | what is counted, for Prometheus |
//! | `layers` | request ids, log, CORS, compression, rate limits, time, panics, the next token of a session |
//!
//! To add a route: write its handler under `routes`, describe it in `#[utoipa::path]` above it, add
//! it in `routes::all`, return `Result<_, ApiError>`, and map the errors of the service in `error`.
//! The description names what is the route's own; what all routes have in common is added in
//! `openapi::common`.

mod body;
mod bounds;
mod caller;
mod error;
mod layers;
mod metrics;
mod openapi;
mod organisation;
mod routes;

use std::{ops::Deref, sync::Arc, time::Duration};

use axum::Router;
use syncline_application::{
    access::AccessService,
    accounts::AccountService,
    documents::DocumentService,
    export::ExportService,
    identity::IdentityService,
    import::ImportService,
    live::LiveService,
    organisations::OrganisationService,
    ports::{Clock, Sessions, Store},
    pseudonym::Pseudonyms,
    search::SearchService,
    sync::SyncService,
};
use utoipa::openapi::OpenApi;

pub use metrics::Metrics;
pub use routes::RESERVED_SEGMENTS;

/// What requests may take, and who may send them from a browser.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The most bytes of a request's body, after decompression.
    pub body_bytes: usize,
    /// How long a request may take until its answer begins, and then each page of a long answer.
    pub request_time: Duration,
    /// The origins whose pages may call, as `https://example.org`; empty for any origin.
    pub cors_origins: Vec<String>,
    /// How many requests a client may send.
    pub rates: Rates,
}

/// How many requests a client may send within a minute; 0 for any number.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// Those of one user.
    pub requests_per_minute: u32,
    /// Those from one address; with IPv6, from one network of a /64.
    pub address_requests_per_minute: u32,
    /// Those from one address by which users sign in.
    pub sign_ins_per_minute: u32,
    /// How many proxies of the operator's own stand in front of the server. The outermost writes
    /// the client's address to `X-Forwarded-For`; with 0, the header means nothing.
    pub trusted_proxy_hops: usize,
}

/// What the handlers call, shared: every request clones this several times.
#[derive(Clone)]
pub struct AppState(Arc<Services>);

impl From<Services> for AppState {
    fn from(services: Services) -> Self {
        Self(Arc::new(services))
    }
}

impl Deref for AppState {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

/// What the handlers call.
pub struct Services {
    /// Synchronises collections.
    pub sync: Arc<SyncService>,
    /// Reads and restores documents one by one.
    pub documents: Arc<DocumentService>,
    /// Imports what was exported.
    pub import: Arc<ImportService>,
    /// Exports what users and organisations have.
    pub exports: Arc<ExportService>,
    /// Shares documents.
    pub access: Arc<AccessService>,
    /// Founds organisations and keeps their members.
    pub organisations: Arc<OrganisationService>,
    /// Deletes accounts, and knows which were.
    pub accounts: Arc<AccountService>,
    /// Signs people in.
    pub identity: Arc<IdentityService>,
    /// Tells devices that listen what may have changed.
    pub live: Arc<LiveService>,
    /// Searches collections.
    pub search: Arc<SearchService>,
    /// Verifies session tokens.
    pub sessions: Arc<dyn Sessions>,
    /// The time at which a token is verified.
    pub clock: Arc<dyn Clock>,
    /// Asked whether it is ready.
    pub store: Arc<dyn Store>,
    /// Names callers in the log.
    pub pseudonyms: Arc<Pseudonyms>,
    /// What is counted.
    pub metrics: Metrics,
}

/// All routes, with everything that a request passes through.
pub fn router(state: AppState, options: &HttpOptions) -> Router {
    // Files need no description.
    let router = Router::from(routes::all()).merge(routes::playground::routes());
    layers::wrap(routes::refuse_the_rest(router).with_state(state), options)
}

/// The description of all routes.
#[must_use]
pub fn description() -> OpenApi {
    openapi::complete(routes::all().into_openapi())
}
