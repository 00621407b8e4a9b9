//! Whether a process id is the postmaster of a cluster: ids are used again, after a crash or in
//! the next container.

use std::path::Path;

use rustix::process::Pid;

/// Whether any process has this id, even one that has ended and waits for its parent.
pub(super) fn exists(pid: Pid) -> bool {
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

/// Whether `pid` is a living postmaster of `cluster`, which is the folder it works in. It does not
/// matter where its socket is.
#[cfg(target_os = "linux")]
pub(super) fn is_postmaster(pid: Pid, cluster: &Path, _socket_folder: &Path) -> bool {
    let process = std::path::PathBuf::from(format!("/proc/{pid}"));
    match std::fs::read_link(process.join("cwd")) {
        Ok(folder) => folder == cluster,
        // Root in a container may be forbidden to look.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            std::fs::read_to_string(process.join("stat")).is_ok_and(|stat| is_live_postgres(&stat))
        }
        Err(_) => false,
    }
}

/// Whether `pid` lives and somebody listens on the socket of the postmaster: other systems do not tell
/// where a process works.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_postmaster(pid: Pid, _cluster: &Path, socket_folder: &Path) -> bool {
    exists(pid) && listens(socket_folder)
}

/// Whether somebody listens on the socket in a folder. A postmaster that names none yet has just
/// started.
#[cfg(any(test, not(target_os = "linux")))]
fn listens(socket_folder: &Path) -> bool {
    let socket = socket_folder.join(super::settings::SOCKET);
    socket_folder.as_os_str().is_empty() || std::os::unix::net::UnixStream::connect(socket).is_ok()
}

/// Reads a line such as `42 (postgres) S 1 …`.
#[cfg(target_os = "linux")]
fn is_live_postgres(stat: &str) -> bool {
    let Some((identity, state)) = stat.rsplit_once(") ") else {
        return false;
    };
    let name = identity.split_once(" (").map(|(_, name)| name);
    matches!(name, Some("postgres" | "postmaster")) && !state.starts_with(['Z', 'X'])
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_postgres_that_ended_is_not_alive() {
        assert!(is_live_postgres("42 (postgres) S 1 42 42 0"));
        assert!(!is_live_postgres("42 (postgres) Z 1 42 42 0"));
        assert!(!is_live_postgres("42 (my (postgres) S) R 1 42 42 0"));
    }

    #[test]
    fn a_process_that_works_elsewhere_is_not_the_postmaster() {
        let here = rustix::process::getpid();
        let socket_folder = Path::new("/nowhere");
        let is_postmaster = |cluster: &Path| is_postmaster(here, cluster, socket_folder);
        assert!(is_postmaster(&std::env::current_dir().unwrap()));
        assert!(!is_postmaster(Path::new("/nowhere")));
    }

    #[test]
    fn a_socket_that_a_crash_left_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join(super::super::settings::SOCKET);
        let listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
        assert!(listens(folder.path()));
        drop(listener);
        assert!(!listens(folder.path()));
        assert!(listens(Path::new("")));
    }
}
