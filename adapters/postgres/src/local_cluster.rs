//! The embedded local cluster: a private PostgreSQL in the server's data folder.
//!
//! ```text
//! <data_dir>/lock         held while a server uses the folder; contains its process id
//! <data_dir>/postgres/    the cluster; its `postgresql.conf` may be tuned by the operator
//! <data_dir>/run/         the socket, unless the path is too long for one
//! <data_dir>/start.log    what PostgreSQL said before its own log began (`postgres/log/`)
//! ```
//!
//! The postmaster is a process of its own, in a process group of its own: it outlives a server
//! that is killed, and the next start adopts it. Whoever can enter the socket's folder (mode
//! 0700) is the superuser of the cluster; there is no TCP port.

mod account;
mod binaries;
mod data_folder;
mod database;
mod error;
mod folder_lock;
mod initialise;
mod log_tail;
mod pid_file;
mod postmaster;
mod private_folder;
mod process;
mod settings;
mod socket_folder;
mod supervised;

use std::path::Path;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use self::{
    account::Account, binaries::Binaries, data_folder::DataFolder, folder_lock::FolderLock,
    postmaster::Postmaster,
};
pub use self::{error::LocalClusterError, supervised::SupervisedCluster};

/// The superuser of the cluster, and the role that the server connects as.
const ROLE: &str = "syncline";
/// The server's database.
const DATABASE: &str = "syncline";

/// What PostgreSQL says when another one is starting on the same files.
const RIVAL: &str = "postmaster.pid\" already exists";

/// A running private PostgreSQL cluster and the exclusive use of its data folder.
///
/// Dropping it without [`LocalCluster::stop`] leaves PostgreSQL running, and the next
/// [`LocalCluster::start`] in the same folder adopts it.
#[derive(Debug)]
pub struct LocalCluster {
    postmaster: Postmaster,
    folder: DataFolder,
    account: Account,
    _lock: FolderLock,
}

impl LocalCluster {
    /// Initialises (the first time) and starts, or adopts, the private cluster in `data_dir`,
    /// which is created when missing. When the caller is root, PostgreSQL runs as the owner of
    /// the cluster's files, at first the system user `postgres` or `nobody`.
    ///
    /// # Errors
    /// When PostgreSQL is missing or too old, when another server uses the folder, when the folder
    /// cannot be used by the user that PostgreSQL runs as, or when PostgreSQL does not start; the
    /// error then has the last lines of its log.
    pub async fn start(data_dir: &Path) -> Result<Self, LocalClusterError> {
        let folder = DataFolder::prepare(data_dir)?;
        let lock = FolderLock::acquire(&folder)?;
        let account = Account::for_cluster(&folder)?;
        folder.secure(&account)?;
        let postmaster = adopt_or_start(&folder, &account).await?;
        let cluster = Self {
            postmaster,
            folder,
            account,
            _lock: lock,
        };
        match database::create_if_missing(&cluster, DATABASE).await {
            Ok(()) => Ok(cluster),
            Err(error) => {
                cluster.stop().await?;
                Err(error)
            }
        }
    }

    /// How to connect to the server's database in `data_dir`, if its PostgreSQL runs, whoever uses
    /// the folder; none if it does not.
    ///
    /// # Errors
    /// When there is no cluster in `data_dir`, or it was started by hand.
    pub async fn running(data_dir: &Path) -> Result<Option<PgConnectOptions>, LocalClusterError> {
        let folder = DataFolder::existing(data_dir)?;
        let account = Account::for_cluster(&folder)?;
        let postmaster = Postmaster::find(&folder, &account).await?;
        Ok(postmaster.map(|postmaster| connect_options(&postmaster, DATABASE)))
    }

    /// How to connect to the server's database: through the socket, as the cluster's superuser.
    #[must_use]
    pub fn connect_options(&self) -> PgConnectOptions {
        self.connect_options_for(DATABASE)
    }

    /// How to connect to another `database` of the cluster.
    #[must_use]
    pub fn connect_options_for(&self, database: &str) -> PgConnectOptions {
        connect_options(&self.postmaster, database)
    }

    /// The folder of the socket, which only the user that PostgreSQL runs as (and root) can enter.
    #[must_use]
    pub fn socket_directory(&self) -> &Path {
        self.postmaster.socket_folder()
    }

    /// Stops PostgreSQL: open transactions are rolled back, and everything committed is written.
    /// Returns when the postmaster is gone and the data folder is free for another server.
    ///
    /// # Errors
    /// When PostgreSQL cannot be signalled or has not stopped after a minute.
    pub async fn stop(self) -> Result<(), LocalClusterError> {
        self.postmaster.stop().await
    }
}

fn connect_options(postmaster: &Postmaster, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(postmaster.socket_folder())
        .port(settings::PORT)
        .ssl_mode(PgSslMode::Disable)
        .username(ROLE)
        .database(database)
}

/// Adopts a cluster that runs in the folder, or starts it.
async fn adopt_or_start(
    folder: &DataFolder,
    account: &Account,
) -> Result<Postmaster, LocalClusterError> {
    match Postmaster::find(folder, account).await? {
        Some(postmaster) => Ok(postmaster.adopted()),
        None => start_or_adopt(folder, account).await,
    }
}

/// A server that was killed may have started a postmaster a moment before, which had not yet written
/// its file.
async fn start_or_adopt(
    folder: &DataFolder,
    account: &Account,
) -> Result<Postmaster, LocalClusterError> {
    match start_postmaster(folder, account).await {
        Err(LocalClusterError::Start { log, .. }) if log.contains(RIVAL) => {
            let rival = Postmaster::find(folder, account).await?;
            let rival = rival.ok_or_else(|| LocalClusterError::Start {
                cluster: folder.cluster(),
                log,
            })?;
            Ok(rival.adopted())
        }
        started => started,
    }
}

async fn start_postmaster(
    folder: &DataFolder,
    account: &Account,
) -> Result<Postmaster, LocalClusterError> {
    let data_version = folder.cluster_version()?;
    let binaries = Binaries::find(account, data_version.as_deref(), &folder.cluster()).await?;
    if data_version.is_none() {
        initialise::initialise(folder, account, &binaries).await?;
    }
    Postmaster::start(folder, account, &binaries).await
}
