//! The database: the one that the configuration names, or a cluster of our own.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;
use syncline_postgres::{
    Location,
    local_cluster::{LocalCluster, LocalClusterError, SupervisedCluster},
};
use tokio::time::timeout;

use crate::{
    configuration::{Configuration, DatabaseKeys},
    server::ServerError,
    signals::{StopSignals, ToldToStop, unless_told},
};

/// How long a PostgreSQL of our own that is starting is waited for, in order to stop it.
const START_TO_STOP: Duration = Duration::from_secs(10);

/// A database to connect to.
pub enum Database {
    /// A cluster of our own that we started, which ends with us, and is started again if it ends before.
    Local(Box<SupervisedCluster>),
    /// Somebody else's, or one of our own that somebody else started.
    External(Box<Location>),
}

impl Database {
    /// Finds the database, or starts one.
    ///
    /// # Errors
    /// A sentence that says what is missing and what to do.
    pub async fn open(configuration: &Configuration) -> Result<Self, ServerError> {
        if let Some(location) = external(&configuration.database)? {
            return Ok(Self::External(Box::new(location)));
        }
        let cluster = LocalCluster::start(&configuration.data_dir).await?;
        Ok(Self::Local(Box::new(SupervisedCluster::new(cluster))))
    }

    /// Finds a database that exists. One of our own may be in use by a server, and is started only if
    /// it does not run.
    ///
    /// # Errors
    /// A sentence that says what is missing and what to do.
    pub async fn open_existing(configuration: &Configuration) -> Result<Self, ServerError> {
        match Self::running(configuration).await? {
            Some(running) => Ok(running),
            None => Self::open(configuration).await,
        }
    }

    /// The same, but one of our own that does not exist is made.
    ///
    /// # Errors
    /// A sentence that says what is missing and what to do.
    pub async fn join(configuration: &Configuration) -> Result<Self, ServerError> {
        match Self::running(configuration).await {
            Ok(Some(running)) => Ok(running),
            Ok(None) | Err(LocalClusterError::Nothing { .. }) => Self::open(configuration).await,
            Err(error) => Err(error.into()),
        }
    }

    /// One of our own that runs already.
    async fn running(configuration: &Configuration) -> Result<Option<Self>, LocalClusterError> {
        if configuration.database.url.is_some() {
            return Ok(None);
        }
        let running = LocalCluster::running(&configuration.data_dir).await?;
        Ok(running.map(|running| Self::External(Box::new(Location::new(running)))))
    }

    /// What `opening` gives, unless `told` comes first. A PostgreSQL that is starting then is stopped
    /// if it is ready soon. One that recovers from a crash is left, and the next start adopts it.
    pub(crate) async fn open_unless(
        told: impl Future<Output = ()>,
        opening: impl Future<Output = Result<Self, ServerError>>,
    ) -> Result<Self, ServerError> {
        let mut opening = Box::pin(opening);
        tokio::select! {
            database = &mut opening => return database,
            () = told => {}
        }
        if let Ok(database) = timeout(START_TO_STOP, opening).await {
            database?.close().await?;
        }
        Err(ToldToStop.into())
    }

    /// Does `work` with the database that `opening` gives, and stops one of our own however that
    /// ends: a signal ends it as well.
    pub(crate) async fn use_for<T>(
        opening: impl Future<Output = Result<Self, ServerError>>,
        work: impl AsyncFnOnce(&Self) -> Result<T, ServerError>,
    ) -> Result<T, ServerError> {
        let mut signals = StopSignals::listen()?;
        let database = Self::open_unless(signals.told(), opening).await?;
        let done = unless_told(signals.told(), Box::pin(work(&database))).await;
        let closed = database.close().await;
        let done = done?;
        closed?;
        Ok(done)
    }

    /// How to connect.
    #[must_use]
    pub fn location(&self) -> Location {
        match self {
            Self::Local(cluster) => cluster.connect_options().into(),
            Self::External(location) => location.as_ref().clone(),
        }
    }

    /// Stops a cluster of our own.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn close(self) -> Result<(), ServerError> {
        match self {
            Self::Local(cluster) => Ok(cluster.stop().await?),
            Self::External(_) => Ok(()),
        }
    }
}

/// The standby that answers pulls, if there is one.
///
/// # Errors
/// A sentence that says how its address is written.
pub fn standby(keys: &DatabaseKeys) -> Result<Option<Location>, ServerError> {
    let Some(url) = &keys.standby_url else {
        return Ok(None);
    };
    let location = Location::new(options("databaseStandbyUrl", url, keys)?);
    Ok(Some(location.in_schema(keys.schema.clone())))
}

/// The database that the configuration names, if any.
fn external(keys: &DatabaseKeys) -> Result<Option<Location>, ServerError> {
    let Some(url) = &keys.url else {
        return Ok(None);
    };
    let requests = options("databaseUrl", url, keys)?;
    let location = match &keys.direct_url {
        None => Location::new(requests),
        Some(url) => {
            let direct = options("databaseDirectUrl", url, keys)?;
            Location::new(direct).through_pooler(requests)
        }
    };
    Ok(Some(location.in_schema(keys.schema.clone())))
}

/// What the error of the parser would quote may be a password.
fn options(
    key: &str,
    url: &SecretString,
    keys: &DatabaseKeys,
) -> Result<PgConnectOptions, ServerError> {
    let options = url.expose_secret().parse::<PgConnectOptions>();
    let options = options
        .map_err(|_| format!("{key}: it is written postgres://user:password@host:port/database"))?;
    Ok(match &keys.password {
        Some(password) => options.password(password.expose_secret()),
        None => options,
    })
}
