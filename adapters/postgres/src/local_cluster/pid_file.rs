//! `postmaster.pid`, the file in which a postmaster says who and where it is.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::process::Pid;

use super::{
    error::{LocalClusterError, io_error},
    process, settings,
};

/// What a postmaster wrote into its file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    /// Its process id.
    pub(super) pid: Pid,
    /// The folder of its socket; empty while it has none.
    pub(super) socket_folder: PathBuf,
    /// Whether it accepts connections.
    pub(super) ready: bool,
}

impl PidFile {
    /// The file of `cluster`; none also while its first line is not yet written.
    pub(super) fn read(cluster: &Path) -> Result<Option<Self>, LocalClusterError> {
        let path = path(cluster);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error("read", &path)(error)),
        }
    }

    /// The file of `cluster` if the postmaster that wrote it is alive.
    pub(super) fn of_living(cluster: &Path) -> Result<Option<Self>, LocalClusterError> {
        let file = Self::read(cluster)?;
        Ok(file.filter(|file| file.is_of_living(cluster)))
    }

    fn is_of_living(&self, cluster: &Path) -> bool {
        process::is_postmaster(self.pid, cluster, &self.socket_folder)
    }
}

/// Removes the files of a postmaster that is gone if its process id now belongs to another process,
/// or to what is left of it until its parent hears of its end: PostgreSQL would take that one for
/// the postmaster and refuse to start. The lock of the socket names the same process.
pub(super) fn remove_misleading(
    cluster: &Path,
    socket_folder: &Path,
) -> Result<(), LocalClusterError> {
    let Some(file) = PidFile::read(cluster)? else {
        return Ok(());
    };
    if file.is_of_living(cluster) || !process::exists(file.pid) {
        return Ok(());
    }
    let path = path(cluster);
    tracing::warn!(path = %path.display(), "removing the process id file of a postmaster that is gone");
    // The socket's first: without the other file nobody would look for it.
    remove(&socket_folder.join(format!("{}.lock", settings::SOCKET)))?;
    remove(&path)
}

fn remove(path: &Path) -> Result<(), LocalClusterError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", path)(error))
        }
        _ => Ok(()),
    }
}

fn path(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

/// Lines: process id, data folder, start time, port, socket folder, address, shared memory, status.
fn parse(text: &str) -> Option<PidFile> {
    let mut lines = text.lines();
    let pid = Pid::from_raw(lines.next()?.trim().parse().ok().filter(|pid| *pid > 0)?)?;
    let socket_folder = PathBuf::from(lines.nth(3).unwrap_or_default());
    let ready = lines
        .nth(2)
        .is_some_and(|status| status.trim_end() == "ready");
    Some(PidFile {
        pid,
        socket_folder,
        ready,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str =
        "42\n/data/postgres\n1700000000\n5432\n/data/run\n\n  1234  5678\nready   \n";

    #[test]
    fn a_complete_file_says_where_the_socket_is() {
        let file = parse(READY).unwrap();
        assert_eq!(file.pid.as_raw_nonzero().get(), 42);
        assert_eq!(file.socket_folder, Path::new("/data/run"));
        assert!(file.ready);
    }

    #[test]
    fn a_starting_or_stopping_postmaster_is_not_ready() {
        assert!(!parse(&READY.replace("ready   ", "starting")).unwrap().ready);
        assert!(!parse("42\n/data/postgres\n").unwrap().ready);
    }

    #[test]
    fn an_unwritten_file_and_a_negative_id_are_no_postmaster() {
        assert_eq!(parse(""), None);
        assert_eq!(parse(&READY.replace("42", "-42")), None);
    }
}
