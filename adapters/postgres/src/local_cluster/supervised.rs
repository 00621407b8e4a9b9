//! A cluster that is started again when it ends.

use std::{pin::pin, time::Duration};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::{LocalCluster, LocalClusterError, adopt_or_start};

/// The pause before the first attempt. It doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A PostgreSQL that ran for so long did not end because of how it was started.
const GOOD_RUN: Duration = Duration::from_mins(1);

/// A local cluster, and the task that starts it again whenever it has ended.
#[derive(Debug)]
pub struct SupervisedCluster {
    connect_options: PgConnectOptions,
    stop: oneshot::Sender<()>,
    cluster: JoinHandle<LocalCluster>,
}

impl SupervisedCluster {
    /// Begins to supervise a cluster that runs.
    #[must_use]
    pub fn new(cluster: LocalCluster) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self {
            connect_options: cluster.connect_options(),
            stop,
            cluster: tokio::spawn(supervise(cluster, stopped)),
        }
    }

    /// How to connect to the server's database; it stays the same.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        self.connect_options.clone()
    }

    /// Stops PostgreSQL, for good.
    ///
    /// # Errors
    /// When PostgreSQL cannot be signalled or has not stopped after a minute.
    pub async fn stop(self) -> Result<(), LocalClusterError> {
        // Nobody to tell means that the task has ended, and tells why below.
        let _ = self.stop.send(());
        match self.cluster.await {
            Ok(cluster) => cluster.stop().await,
            Err(error) => Err(LocalClusterError::Supervisor(error.to_string())),
        }
    }
}

/// Returns the cluster when it is to be stopped. A start that has begun is waited for.
async fn supervise(mut cluster: LocalCluster, stopped: oneshot::Receiver<()>) -> LocalCluster {
    let mut stopped = pin!(stopped);
    let mut pause = FIRST_PAUSE;
    loop {
        let started = Instant::now();
        tokio::select! {
            () = cluster.postmaster.ended() => {}
            _ = &mut stopped => return cluster,
        }
        tracing::error!("PostgreSQL has ended; starting it again");
        if started.elapsed() >= GOOD_RUN {
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = sleep(pause) => {}
            _ = &mut stopped => return cluster,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        // One that took longer to recover than it was waited for is adopted.
        match adopt_or_start(&cluster.folder, &cluster.account).await {
            Ok(postmaster) => cluster.postmaster = postmaster,
            // It has ended still, and the loop goes on.
            Err(error) => tracing::error!(%error, "PostgreSQL does not start; trying again"),
        }
    }
}
