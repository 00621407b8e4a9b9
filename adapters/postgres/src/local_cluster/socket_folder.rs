//! The folder of the socket: private, and with a path short enough for one.

use std::{
    env,
    hash::{DefaultHasher, Hash, Hasher},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::{
    account::{Account, caller},
    data_folder::DataFolder,
    error::LocalClusterError,
    private_folder, settings,
};

/// Bytes of a socket's path, the terminating zero excluded: 107 on Linux, 103 on macOS.
const LONGEST_SOCKET_PATH: usize = 103;

/// Creates the folder for the socket of the cluster in `folder`.
pub(super) fn create(folder: &DataFolder, account: &Account) -> Result<PathBuf, LocalClusterError> {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    // Whoever runs PostgreSQL for root cannot enter root's runtime folder.
    let runtime = runtime.filter(|path| {
        account.user() == caller() && private_folder::is_private(path, account.user())
    });
    let path = choose(folder.run(), runtime);
    private_folder::create(&path, account)?;
    Ok(path)
}

/// `preferred`, unless its path is too long: then a short one, in `runtime` or else `/tmp`, whose
/// name is a hash of it.
fn choose(preferred: PathBuf, runtime: Option<PathBuf>) -> PathBuf {
    if is_short(&preferred) {
        return preferred;
    }
    let mut hasher = DefaultHasher::new();
    preferred.hash(&mut hasher);
    let name = format!("syncline-{:016x}", hasher.finish());
    let in_runtime = runtime
        .map(|runtime| runtime.join(&name))
        .filter(|path| is_short(path));
    in_runtime.unwrap_or_else(|| Path::new("/tmp").join(name))
}

fn is_short(folder: &Path) -> bool {
    folder.join(settings::SOCKET).as_os_str().as_bytes().len() <= LONGEST_SOCKET_PATH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_path_stays_in_the_data_folder() {
        let run = PathBuf::from("/var/lib/syncline/run");
        assert_eq!(choose(run.clone(), Some("/run/user/1000".into())), run);
    }

    #[test]
    fn a_long_path_moves_to_a_short_folder_of_its_own() {
        let long = |letter: &str| PathBuf::from(format!("/srv/{}/run", letter.repeat(90)));
        let chosen = choose(long("a"), Some("/run/user/1000".into()));
        assert!(chosen.starts_with("/run/user/1000") && is_short(&chosen));
        assert_ne!(chosen, choose(long("b"), Some("/run/user/1000".into())));
        assert!(choose(long("a"), None).starts_with("/tmp"));
        assert!(choose(long("a"), Some(long("c"))).starts_with("/tmp"));
    }

    #[test]
    fn the_longest_path_is_103_bytes() {
        let folder = |length: usize| PathBuf::from(format!("/{}", "a".repeat(length - 1)));
        let longest = LONGEST_SOCKET_PATH - "/.s.PGSQL.5432".len();
        assert!(is_short(&folder(longest)));
        assert!(!is_short(&folder(longest + 1)));
    }
}
