//! The running PostgreSQL: started, adopted, stopped.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process},
};
use tokio::{
    process::Child,
    time::{sleep, timeout},
};

use super::{
    account::Account,
    binaries::Binaries,
    data_folder::DataFolder,
    error::{LocalClusterError, io_error},
    log_tail,
    pid_file::{self, PidFile},
    private_folder, process, settings, socket_folder,
};
use crate::announced::announced;

/// Recovery after a crash reads the whole log since the last checkpoint.
const START_LIMIT: Duration = Duration::from_mins(5);
/// A fast shutdown writes one checkpoint.
const STOP_LIMIT: Duration = Duration::from_mins(1);
/// The postmaster tells of its state in a file only.
const POLL: Duration = Duration::from_millis(20);
/// The end of one that was adopted is told to nobody.
const ADOPTED_POLL: Duration = Duration::from_millis(500);
/// What PostgreSQL says while processes of a killed postmaster are still at work.
const LEFTOVERS: &str = "pre-existing shared memory block";

/// A postmaster that accepts connections.
#[derive(Debug)]
pub(super) struct Postmaster {
    cluster: PathBuf,
    socket_folder: PathBuf,
    pid: Pid,
    /// None if it was adopted.
    child: Option<Child>,
}

impl Postmaster {
    /// The postmaster that runs, once it is ready; none if there is none, or if it was about to stop.
    pub(super) async fn find(
        folder: &DataFolder,
        account: &Account,
    ) -> Result<Option<Self>, LocalClusterError> {
        let cluster = folder.cluster();
        let ready = limited(folder, living_and_ready(&cluster)).await?;
        let Some(PidFile {
            pid, socket_folder, ..
        }) = ready
        else {
            return Ok(None);
        };
        if !private_folder::is_private(&socket_folder, account.user()) {
            let process = pid.as_raw_nonzero().get();
            return Err(LocalClusterError::StartedByHand { cluster, process });
        }
        Ok(Some(Self {
            cluster,
            socket_folder,
            pid,
            child: None,
        }))
    }

    /// Says that one that a killed server left is used again.
    pub(super) fn adopted(self) -> Self {
        tracing::info!(pid = %self.pid, "adopted the local PostgreSQL cluster of an earlier server");
        self
    }

    /// Starts the postmaster and waits until it is ready.
    pub(super) async fn start(
        folder: &DataFolder,
        account: &Account,
        binaries: &Binaries,
    ) -> Result<Self, LocalClusterError> {
        let socket_folder = socket_folder::create(folder, account)?;
        pid_file::remove_misleading(&folder.cluster(), &socket_folder)?;
        let started = start_after_leftovers(folder, account, binaries, &socket_folder);
        let (pid, child) = limited(folder, started).await?;
        tracing::info!(%pid, folder = %folder.path().display(), "started the local PostgreSQL cluster");
        Ok(Self {
            cluster: folder.cluster(),
            socket_folder,
            pid,
            child: Some(child),
        })
    }

    /// The folder of the socket.
    pub(super) fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// Stops the cluster with a fast shutdown and waits until it is gone.
    pub(super) async fn stop(mut self) -> Result<(), LocalClusterError> {
        if self.is_running() {
            match kill_process(self.pid, Signal::INT) {
                Err(error) if error != Errno::SRCH => {
                    return Err(io_error("stop PostgreSQL in", &self.cluster)(error.into()));
                }
                _ => {}
            }
        }
        if timeout(STOP_LIMIT, self.gone()).await.is_err() {
            return Err(LocalClusterError::StopTimeout {
                process: self.pid.as_raw_nonzero().get(),
                seconds: STOP_LIMIT.as_secs(),
                cluster: self.cluster,
            });
        }
        // A short folder outside the data folder has no other use; if it stays, it is used again.
        if self.socket_folder.parent() != self.cluster.parent() {
            let _ = fs::remove_dir(&self.socket_folder);
        }
        Ok(())
    }

    /// Waits until it has ended, for whatever reason.
    pub(super) async fn ended(&mut self) {
        match &mut self.child {
            // An error means that there is nothing to wait for.
            Some(child) => drop(child.wait().await),
            None => {
                while self.is_adopted_running() {
                    sleep(ADOPTED_POLL).await;
                }
            }
        }
    }

    fn is_adopted_running(&self) -> bool {
        process::is_postmaster(self.pid, &self.cluster, &self.socket_folder)
    }

    async fn gone(&mut self) {
        while self.is_running() {
            sleep(POLL).await;
        }
    }

    fn is_running(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => self.is_adopted_running(),
        }
    }
}

/// Bounds a wait for readiness.
async fn limited<T>(
    folder: &DataFolder,
    ready: impl Future<Output = Result<T, LocalClusterError>>,
) -> Result<T, LocalClusterError> {
    let what = "PostgreSQL to be ready, which may have to recover from a crash";
    let limited = announced(what, timeout(START_LIMIT, ready)).await;
    limited.unwrap_or_else(|_| {
        Err(LocalClusterError::StartTimeout {
            cluster: folder.cluster(),
            seconds: START_LIMIT.as_secs(),
            log: log_tail::of_start(folder),
        })
    })
}

async fn living_and_ready(cluster: &Path) -> Result<Option<PidFile>, LocalClusterError> {
    loop {
        match PidFile::of_living(cluster)? {
            Some(file) if !file.ready => sleep(POLL).await,
            settled => return Ok(settled),
        }
    }
}

/// Starts the postmaster, again and again while processes of its predecessor hold it off. They
/// notice that they are orphans when their current statement ends.
async fn start_after_leftovers(
    folder: &DataFolder,
    account: &Account,
    binaries: &Binaries,
    socket_folder: &Path,
) -> Result<(Pid, Child), LocalClusterError> {
    loop {
        let mut child = spawn(folder, account, binaries, socket_folder)?;
        if let Some(pid) = ready_or_ended(&mut child, &folder.cluster()).await? {
            return Ok((pid, child));
        }
        let log = log_tail::of_start(folder);
        if !log.contains(LEFTOVERS) {
            return Err(LocalClusterError::Start {
                cluster: folder.cluster(),
                log,
            });
        }
        tracing::debug!("waiting for the processes of a killed postmaster");
        sleep(POLL * 10).await;
    }
}

fn spawn(
    folder: &DataFolder,
    account: &Account,
    binaries: &Binaries,
    socket_folder: &Path,
) -> Result<Child, LocalClusterError> {
    let program = binaries.postgres();
    let mut command = account.command(&program, folder.path());
    command
        .arg("-D")
        .arg(folder.cluster())
        .args(settings::arguments(socket_folder));
    command
        .stdout(Stdio::null())
        .stderr(open_start_log(folder)?);
    // A Ctrl-C in the terminal is for the server, which then stops the cluster itself.
    command.process_group(0);
    command
        .spawn()
        .map_err(account.run_error(&program, folder.path()))
}

fn open_start_log(folder: &DataFolder) -> Result<File, LocalClusterError> {
    let path = folder.start_log();
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(&path).map_err(io_error("write", &path))
}

/// The process id of a postmaster that is ready, or none when it has ended instead.
async fn ready_or_ended(
    child: &mut Child,
    cluster: &Path,
) -> Result<Option<Pid>, LocalClusterError> {
    let own = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    while child
        .try_wait()
        .map_err(io_error("wait for PostgreSQL in", cluster))?
        .is_none()
    {
        let file = PidFile::read(cluster)?;
        if file.is_some_and(|file| file.ready && Some(file.pid) == own) {
            return Ok(own);
        }
        sleep(POLL).await;
    }
    Ok(None)
}
