//! What can go wrong with the local cluster, and what to do about it.

use std::{io, path::Path, path::PathBuf};

/// Why the local cluster cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalClusterError {
    /// No PostgreSQL programs on this computer.
    #[error(
        "PostgreSQL is not installed here (no `initdb` and `postgres` in PATH or the usual folders): \
         run `apt-get install postgresql` (Debian, Ubuntu), `dnf install postgresql-server` (Fedora) \
         or `brew install postgresql` (macOS), or set SYNCLINE_DATABASE_URL to an existing server"
    )]
    NotInstalled,
    /// PostgreSQL's programs are there, but not for the user that would run them.
    #[error(
        "PostgreSQL in {} cannot be run by user {account}: {source}; allow that user to enter its folders and \
         to run its programs, or set SYNCLINE_DATABASE_URL to an existing server", folder.display()
    )]
    NotRunnable {
        /// Where its programs are.
        folder: PathBuf,
        /// The user that PostgreSQL would run as.
        account: String,
        /// What the system answered.
        source: io::Error,
    },
    /// Only a PostgreSQL that lacks what the sync engine needs.
    #[error(
        "PostgreSQL {found} in {} is too old, Syncline needs {minimum} or newer: \
         install a newer one, or set SYNCLINE_DATABASE_URL to an existing server", folder.display()
    )]
    TooOld {
        /// Its major version.
        found: u32,
        /// The oldest major version that works.
        minimum: u32,
        /// Where its programs are.
        folder: PathBuf,
    },
    /// The data was written by a major version that is not installed.
    #[error(
        "the data in {} was written by PostgreSQL {data}, but PostgreSQL {installed} is installed: \
         install PostgreSQL {data} beside it, or move the data with `pg_upgrade`", cluster.display()
    )]
    OtherVersion {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The major version that wrote the data.
        data: String,
        /// The newest major version found.
        installed: u32,
    },
    /// Another live server has the data folder.
    #[error(
        "the data folder {} is in use by another Syncline server (process {process}): \
         stop it, or choose another folder with SYNCLINE_DATA_DIR", folder.display()
    )]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// The process id in its lock file, as written there.
        process: String,
    },
    /// A program that is not ours runs PostgreSQL on the data.
    #[error(
        "PostgreSQL (process {process}) runs on {} with a socket in a folder that others can enter: \
         it was started by hand, stop it and start Syncline again", cluster.display()
    )]
    StartedByHand {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The postmaster's process id.
        process: i32,
    },
    /// The folder of the cluster has files, but is no cluster.
    #[error(
        "{} has files but is no PostgreSQL cluster (no PG_VERSION): restore it from a backup, \
         move it away, or choose another folder with SYNCLINE_DATA_DIR", cluster.display()
    )]
    NotACluster {
        /// The cluster's folder.
        cluster: PathBuf,
    },
    /// There is no cluster where one was looked for.
    #[error(
        "there is no database of Syncline's own in {}: name the folder of one with SYNCLINE_DATA_DIR, or an \
         existing server with SYNCLINE_DATABASE_URL", folder.display()
    )]
    Nothing {
        /// The data folder.
        folder: PathBuf,
    },
    /// The cluster's files belong to somebody else.
    #[error(
        "{} belongs to user id {owner}, but PostgreSQL would run as {account}: \
         give it away with `chown -R {account}`, or start Syncline as its owner", cluster.display()
    )]
    WrongOwner {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The user id that owns it.
        owner: u32,
        /// The user that PostgreSQL would run as.
        account: String,
    },
    /// Root has nobody to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root and /etc/passwd has neither `postgres` nor `nobody`: \
         create the system user `postgres`, or start Syncline as an ordinary user"
    )]
    NoAccount,
    /// The user that PostgreSQL runs as cannot enter the data folder.
    #[error(
        "user {account}, whom PostgreSQL runs as, cannot enter {}: choose a folder such as \
         /var/lib/syncline with SYNCLINE_DATA_DIR, or allow others to enter its parents", folder.display()
    )]
    Unreachable {
        /// The data folder.
        folder: PathBuf,
        /// The user that PostgreSQL runs as.
        account: String,
    },
    /// A folder that must be private is not.
    #[error(
        "{} must be a folder of user {account} that nobody else can enter (mode 0700): \
         remove it, or choose another data folder with SYNCLINE_DATA_DIR", folder.display()
    )]
    NotPrivate {
        /// The folder.
        folder: PathBuf,
        /// Who must own it.
        account: String,
    },
    /// `initdb` failed.
    #[error("PostgreSQL could not create its files in {}, correct what it says and start again:\n{output}", folder.display())]
    Initialise {
        /// The data folder.
        folder: PathBuf,
        /// The last lines that `initdb` printed.
        output: String,
    },
    /// The postmaster ended while it started.
    #[error("PostgreSQL could not start in {}, correct what its log says and start again:\n{log}", cluster.display())]
    Start {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The last lines of its log.
        log: String,
    },
    /// The postmaster is alive but takes too long.
    #[error(
        "PostgreSQL in {} is not ready after {seconds} seconds, it may be recovering from a crash: \
         start Syncline again to go on waiting; the end of its log:\n{log}", cluster.display()
    )]
    StartTimeout {
        /// The cluster's folder.
        cluster: PathBuf,
        /// How long it was waited for.
        seconds: u64,
        /// The last lines of its log.
        log: String,
    },
    /// The postmaster does not stop.
    #[error(
        "PostgreSQL in {} (process {process}) has not stopped after {seconds} seconds: \
         look into {}/log, the next start adopts it", cluster.display(), cluster.display()
    )]
    StopTimeout {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The postmaster's process id.
        process: i32,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A file or program could not be used.
    #[error("cannot {action} {}: {source}; correct this and start again", path.display())]
    Io {
        /// What was tried, as in "create".
        action: &'static str,
        /// The file, folder or program.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The task that looks after PostgreSQL is gone.
    #[error("nobody looks after PostgreSQL any more: {0}; the next start adopts it")]
    Supervisor(String),
    /// The server's database could not be created.
    #[error(
        "cannot create the database in the local PostgreSQL cluster: {0}; its log is in the data folder"
    )]
    Database(#[from] sqlx::Error),
}

/// Names the action and the path of an I/O error; for `map_err`.
pub(super) fn io_error(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> LocalClusterError {
    move |source| LocalClusterError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
