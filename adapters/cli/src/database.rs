//! The database: the one that the configuration names, or a cluster of our own.

use secrecy::ExposeSecret;
use sqlx::postgres::PgConnectOptions;
use syncline_postgres::local_cluster::LocalCluster;

use crate::{configuration::Configuration, server::ServerError};

/// A database to connect to.
pub enum Database {
    /// A cluster of our own, which ends with us.
    Local(Box<LocalCluster>),
    /// Somebody else's.
    External(Box<PgConnectOptions>),
}

impl Database {
    /// Finds the database, or starts one.
    ///
    /// # Errors
    /// A sentence that says what is missing and what to do.
    pub async fn open(configuration: &Configuration) -> Result<Self, ServerError> {
        let Some(url) = &configuration.database_url else {
            let cluster = LocalCluster::start(&configuration.data_dir).await?;
            return Ok(Self::Local(Box::new(cluster)));
        };
        let options = url
            .expose_secret()
            .parse::<PgConnectOptions>()
            .map_err(|_| {
                "databaseUrl: it is written postgres://user:password@host:port/database".to_owned()
            })?;
        Ok(Self::External(Box::new(options)))
    }

    /// How to connect.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        match self {
            Self::Local(cluster) => cluster.connect_options(),
            Self::External(options) => options.as_ref().clone(),
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
