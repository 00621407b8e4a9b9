//! Folders that only the user that PostgreSQL runs as can enter.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::Path,
};

use super::{
    account::{Account, caller},
    error::{LocalClusterError, io_error},
};

/// Creates `path` with mode 0700 for `account`, or accepts one that exists and is just that.
/// Nothing that somebody else put there, be it a link or a folder, is accepted or changed.
pub(super) fn create(path: &Path, account: &Account) -> Result<(), LocalClusterError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(io_error("create", path)(error));
        }
        _ => {}
    }
    // One that is still the caller's was created by a server that was killed at this point.
    if !is_private(path, account.user()) && !is_private(path, caller()) {
        let account = account.name().to_owned();
        return Err(LocalClusterError::NotPrivate {
            folder: path.to_owned(),
            account,
        });
    }
    account.take(path).map_err(io_error("give away", path))
}

/// Whether `path` is a folder of `user`, not a link to one, that nobody else can enter.
pub(super) fn is_private(path: &Path, user: u32) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_dir() && found.uid() == user && found.mode() & 0o777 == 0o700)
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt, os::unix::fs::symlink};

    use super::super::data_folder::DataFolder;
    use super::*;

    fn account() -> (tempfile::TempDir, Account) {
        let folder = tempfile::tempdir().unwrap();
        let account = Account::for_cluster(&DataFolder::prepare(folder.path()).unwrap()).unwrap();
        (folder, account)
    }

    #[test]
    fn a_new_folder_is_private_and_accepted_again() {
        let (parent, account) = account();
        let path = parent.path().join("run");
        create(&path, &account).unwrap();
        assert!(is_private(&path, account.user()));
        create(&path, &account).unwrap();
    }

    #[test]
    fn a_link_is_refused() {
        let (parent, account) = account();
        let (target, path) = (parent.path().join("target"), parent.path().join("run"));
        create(&target, &account).unwrap();
        symlink(&target, &path).unwrap();
        assert!(matches!(
            create(&path, &account),
            Err(LocalClusterError::NotPrivate { .. })
        ));
    }

    #[test]
    fn a_folder_that_others_can_enter_is_refused() {
        let (parent, account) = account();
        let path = parent.path().join("run");
        create(&path, &account).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(
            create(&path, &account),
            Err(LocalClusterError::NotPrivate { .. })
        ));
    }
}
