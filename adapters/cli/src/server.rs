//! The composition root: every port meets its adapter here.

mod connections;
mod identity;
mod measuring;

use std::{
    convert::Infallible, error::Error, future, net::SocketAddr, num::NonZero, pin::pin, sync::Arc,
    time::Duration,
};

use axum::serve::ListenerExt;
use secrecy::ExposeSecret;
use syncline_application::{
    access::AccessService,
    accounts::AccountService,
    cursor::CursorCodec,
    documents::DocumentService,
    export::ExportService,
    identity::{IdentityParts, IdentityService},
    import::ImportService,
    live::{LiveLimits, LiveParts, LiveService},
    organisations::OrganisationService,
    ports::{Clock, Poke, Store, StoreError},
    pseudonym::Pseudonyms,
    search::SearchService,
    sync::{Limits, ServerClock, SyncService},
};
use syncline_domain::hlc::{Node, SERVER_NODE_PREFIX};
use syncline_http::{AppState, HttpOptions, Metrics, Rates, Services};
use syncline_identity::{Callers, SessionTokens};
use syncline_postgres::{Location, Notifications, PostgresStore, migrate};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    clock::SystemClock,
    configuration::Configuration,
    database::{self, Database},
    randomness::SystemRandomness,
    signals::unless_told,
};

/// How long running requests may go on after the server was told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// How often what is older than the retention is removed.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

/// How long to wait before the database is asked again after it could not be reached.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// How many bodies of stored documents are read for one: they have the revisions of their fields with
/// them, which a body may leave out.
const READ_BODIES: usize = 2;

/// What can keep a server from starting or running, as a sentence.
pub type ServerError = Box<dyn Error + Send + Sync>;

/// A server that listens.
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    working: JoinSet<()>,
    purging: JoinHandle<()>,
    store: Arc<PostgresStore>,
    database: Database,
}

impl Server {
    /// Starts a server with everything that the configuration names: its database first, a
    /// cluster of its own if there is none.
    ///
    /// # Errors
    /// A sentence that says what is missing and what to do.
    pub async fn start(configuration: &Configuration) -> Result<Self, ServerError> {
        Self::start_unless(future::pending(), configuration).await
    }

    /// The same, unless `told` comes first: a database of its own is then stopped.
    ///
    /// # Errors
    /// [`ToldToStop`](crate::signals::ToldToStop) as well.
    pub async fn start_unless(
        told: impl Future<Output = ()>,
        configuration: &Configuration,
    ) -> Result<Self, ServerError> {
        let mut told = pin!(told);
        let database = Database::open_unless(&mut told, Database::open(configuration)).await?;
        let starting = Box::pin(Self::start_with(configuration, database.location()));
        match unless_told(told, starting).await {
            Ok((address, stop, serving, working, purging, store)) => Ok(Self {
                address,
                stop,
                serving,
                working,
                purging,
                store,
                database,
            }),
            Err(error) => {
                database.close().await?;
                Err(error)
            }
        }
    }

    async fn start_with(
        configuration: &Configuration,
        location: Location,
    ) -> Result<Parts, ServerError> {
        let listener = TcpListener::bind(configuration.listen)
            .await
            .map_err(|error| {
                format!(
                    "cannot listen on {}: {error}; choose another with SYNCLINE_LISTEN",
                    configuration.listen
                )
            })?;
        migrate(location.clone()).await?;
        let connections = configuration.limits.database_connections;
        let mut store = PostgresStore::connect(location, connections).await?;
        if let Some(standby) = database::standby(&configuration.database)? {
            store = store.with_standby(standby, connections);
        }
        let store = Arc::new(store);
        check_text_search(configuration, &store).await?;
        let address = listener.local_addr()?;
        let metrics = measuring::start()?;
        let state = state(configuration, address, &store, metrics.clone())?;
        let (sync, live) = (Arc::clone(&state.sync), Arc::clone(&state.live));
        state.accounts.refresh().await?;
        let router = syncline_http::router(state, &http_options(configuration));
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, router, stopped, Arc::clone(&live)));
        let hearing = hear_pokes(Arc::clone(&store), live);
        let sending = send_pokes(Arc::clone(&store));
        let followed = Arc::clone(&store);
        let measuring = measuring::measure_regularly(Arc::clone(&store), metrics);
        let mut working = JoinSet::new();
        for _ in 0..workers() {
            let sync = Arc::clone(&sync);
            working.spawn(async move { sync.work(moment).await });
        }
        working.spawn(async move { sync.work_aside().await });
        working.spawn(async move {
            let following = followed.follow_standby();
            tokio::join!(hearing, sending, measuring, following);
        });
        let retention = retention_millis(configuration);
        let purging = tokio::spawn(purge_regularly(Arc::clone(&store), retention));
        Ok((address, stop, serving, working, purging, store))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops to accept, finishes what runs, within a bound, and stops the server's own database.
    ///
    /// # Errors
    /// When it did not end well.
    pub async fn stop(self) -> Result<(), ServerError> {
        // Nobody to tell means that it has ended already.
        let _ = self.stop.send(true);
        self.purging.abort();
        let ended = tokio::time::timeout(GRACE, self.serving).await;
        if let Err(error) = self.store.flush_pokes().await {
            tracing::warn!(%error, "cannot tell other servers what has changed");
        }
        drop(self.working);
        self.store.close().await;
        self.database.close().await?;
        match ended {
            Ok(served) => Ok(served?),
            Err(_) => Err(format!("some requests did not end within {} s", GRACE.as_secs()).into()),
        }
    }
}

type Parts = (
    SocketAddr,
    watch::Sender<bool>,
    JoinHandle<()>,
    JoinSet<()>,
    JoinHandle<()>,
    Arc<PostgresStore>,
);

async fn serve(
    listener: TcpListener,
    router: axum::Router,
    mut stopped: watch::Receiver<bool>,
    live: Arc<LiveService>,
) {
    let until_stopped = async move {
        // An error means that whoever could stop it is gone.
        let _ = stopped.wait_for(|stopped| *stopped).await;
        // Nothing else ends a stream, and the server waits for what runs.
        live.close();
    };
    // A poke that waits for the one before to be acknowledged comes late.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection holds small packets back");
        }
    });
    connections::serve(
        listener,
        router,
        connections::Patience::default(),
        until_stopped,
    )
    .await;
}

fn state(
    configuration: &Configuration,
    address: SocketAddr,
    store: &Arc<PostgresStore>,
    metrics: Metrics,
) -> Result<AppState, ServerError> {
    let secrets = configuration.session_secrets()?;
    let http = identity::http_client(configuration)?;
    let sessions = Arc::new(Callers::new(
        SessionTokens::new(&secrets)?,
        identity::issuers(configuration, http.as_ref()),
    ));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keys = || {
        secrets
            .iter()
            .map(|secret| secret.expose_secret().as_bytes())
    };
    let organisations = OrganisationService::new(store.clone(), configuration.orgs.registerable);
    let parts = IdentityParts {
        users: store.clone(),
        providers: identity::providers(configuration, http.as_ref(), &clock)?,
        sessions: sessions.clone(),
        clock: Arc::clone(&clock),
        randomness: Arc::new(SystemRandomness),
    };
    let identity = Arc::new(IdentityService::new(
        parts,
        identity::options(configuration, address),
        keys(),
    ));
    let search = Arc::new(SearchService::new(
        store.clone(),
        configuration.text_search.clone(),
        keys(),
        Duration::from_secs(configuration.limits.search_seconds),
    ));
    let sync = sync_service(configuration, store, &clock, keys())?;
    let documents = Arc::new(DocumentService::new(store.clone(), Arc::clone(&sync)));
    let access = access_service(store);
    let accounts = Arc::new(AccountService::new(store.clone(), Arc::clone(&clock)));
    let live = LiveParts {
        sync: Arc::clone(&sync),
        organisations: store.clone(),
        accounts: Arc::clone(&accounts),
        sessions: sessions.clone(),
        clock: Arc::clone(&clock),
    };
    Ok(AppState::from(Services {
        live: Arc::new(LiveService::new(live, live_limits(configuration), keys())),
        import: Arc::new(ImportService::new(Arc::clone(&sync), Arc::clone(&access))),
        sync,
        documents,
        accounts,
        exports: Arc::new(ExportService::new(store.clone(), store.clone())),
        access,
        identity,
        organisations: Arc::new(organisations),
        search,
        sessions,
        clock,
        store: store.clone(),
        pseudonyms: Arc::new(Pseudonyms::new(keys())),
        metrics,
    }))
}

fn sync_service<'s>(
    configuration: &Configuration,
    store: &Arc<PostgresStore>,
    clock: &Arc<dyn Clock>,
    keys: impl IntoIterator<Item = &'s [u8]>,
) -> Result<Arc<SyncService>, ServerError> {
    Ok(Arc::new(SyncService::new(
        store.clone(),
        configuration.registry()?,
        CursorCodec::new(keys),
        ServerClock::new(Arc::clone(clock), process_node()?),
        limits(configuration),
    )))
}

fn access_service(store: &Arc<PostgresStore>) -> Arc<AccessService> {
    let access = AccessService::new(store.clone(), Arc::new(SystemRandomness));
    Arc::new(access)
}

/// What imports, in a process that serves nobody. The syncs of the first have to be worked on.
pub(crate) fn importing(
    configuration: &Configuration,
    store: &Arc<PostgresStore>,
) -> Result<(Arc<SyncService>, Arc<ImportService>), ServerError> {
    // No cursor leaves this process: it needs no secret of the servers'.
    let key = process_node()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let sync = sync_service(configuration, store, &clock, [key.as_str().as_bytes()])?;
    let import = ImportService::new(Arc::clone(&sync), access_service(store));
    Ok((sync, Arc::new(import)))
}

/// How long requests that are done together keep those behind them waiting.
pub(crate) fn moment() -> impl Future<Output = ()> {
    tokio::time::sleep(Duration::from_millis(5))
}

/// As many workers as half the processors, the other half being PostgreSQL's: the fewer, the more
/// requests share a statement and a commit.
fn workers() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    processors.div_ceil(2)
}

/// A configuration that the database lacks would fail every search of its application.
async fn check_text_search(
    configuration: &Configuration,
    store: &PostgresStore,
) -> Result<(), ServerError> {
    for (application, name) in &configuration.text_search {
        if !store.has_text_configuration(name).await? {
            let error = format!(
                "applications.{application}.textSearch: the database has no text search \
                 configuration `{name}`; choose one of `SELECT cfgname FROM pg_ts_config`"
            );
            return Err(error.into());
        }
    }
    Ok(())
}

/// A node that no other process has: two that stamp at the same instant are still told apart.
fn process_node() -> Result<Node, ServerError> {
    use rand::RngExt;
    let id: u64 = rand::rng().random();
    Ok(Node::new(&format!("{SERVER_NODE_PREFIX}{id:016x}"))?)
}

fn limits(configuration: &Configuration) -> Limits {
    Limits {
        document_bytes: configuration.limits.document_bytes,
        read_bytes: configuration.limits.body_bytes.saturating_mul(READ_BODIES),
        changes: configuration.limits.changes,
        clock_skew_millis: configuration.limits.clock_skew_seconds.saturating_mul(1000),
    }
}

fn live_limits(configuration: &Configuration) -> LiveLimits {
    LiveLimits {
        streams: configuration.limits.live_streams,
        streams_of_user: configuration.limits.live_streams_per_user,
    }
}

fn http_options(configuration: &Configuration) -> HttpOptions {
    HttpOptions {
        body_bytes: configuration.limits.body_bytes,
        request_time: Duration::from_secs(configuration.limits.request_seconds),
        cors_origins: configuration.cors.origins.clone(),
        rates: rates(configuration),
    }
}

fn rates(configuration: &Configuration) -> Rates {
    let limits = &configuration.limits;
    Rates {
        requests_per_minute: limits.requests_per_minute,
        address_requests_per_minute: limits.address_requests_per_minute,
        sign_ins_per_minute: limits.sign_ins_per_minute,
        trusted_proxy_hops: limits.trusted_proxy_hops,
    }
}

/// Whether everything is there that signing in needs.
///
/// # Errors
/// A sentence that names the key of the configuration and says what to do.
pub fn check_identity(configuration: &Configuration) -> Result<(), ServerError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let http = identity::http_client(configuration)?;
    identity::providers(configuration, http.as_ref(), &clock)?;
    Ok(())
}

/// How long the past is kept, in milliseconds.
#[must_use]
pub fn retention_millis(configuration: &Configuration) -> u64 {
    u64::from(configuration.retention.days) * 24 * 60 * 60 * 1000
}

/// Hears what this server and others have changed, and tells whoever listens.
async fn hear_pokes(store: Arc<PostgresStore>, live: Arc<LiveService>) {
    loop {
        let Err(error) = hear_until_lost(&store, &live).await;
        tracing::warn!(%error, "cannot hear what other servers change; trying again");
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

async fn hear_until_lost(
    store: &PostgresStore,
    live: &LiveService,
) -> Result<Infallible, StoreError> {
    let mut notifications = Notifications::listen(store).await?;
    let mut pokes = vec![Poke::Anything];
    loop {
        live.hear(&pokes).await?;
        pokes = notifications.next().await?;
    }
}

/// Tells all servers what this one has changed.
async fn send_pokes(store: Arc<PostgresStore>) {
    loop {
        let Err(error) = store.send_pokes().await;
        tracing::warn!(%error, "cannot tell what has changed; trying again");
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

async fn purge_regularly(store: Arc<PostgresStore>, retention_millis: u64) {
    let mut interval = tokio::time::interval(PURGE_INTERVAL);
    loop {
        interval.tick().await;
        match store.purge(retention_millis).await {
            Ok(removed) => tracing::info!(
                tombstones = removed.tombstones,
                versions = removed.versions,
                pushes = removed.pushes,
                routes = removed.routes,
                "purged what is older than the retention"
            ),
            Err(error) => tracing::warn!(%error, "the purge failed and will be tried again"),
        }
    }
}
