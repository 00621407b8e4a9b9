//! The data folder: where its parts are, and who may enter it.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{
    account::{Account, caller_is_root},
    error::{LocalClusterError, io_error},
    private_folder,
};

/// The name of the cluster's folder; unfinished ones have a suffix.
const CLUSTER: &str = "postgres";
const UNFINISHED: &str = "postgres.unfinished.";

/// The data folder by its real path.
#[derive(Debug)]
pub(super) struct DataFolder {
    path: PathBuf,
}

impl DataFolder {
    /// Creates the folder when missing. Root's is made passable, for the sake of the user that
    /// PostgreSQL runs as.
    pub(super) fn prepare(path: &Path) -> Result<Self, LocalClusterError> {
        let mode = if caller_is_root() { 0o711 } else { 0o700 };
        let parent = path.parent().unwrap_or(path);
        fs::create_dir_all(parent).map_err(io_error("create", parent))?;
        match DirBuilder::new().mode(mode).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(io_error("create", path)(error));
            }
            _ => {}
        }
        let path = path.canonicalize().map_err(io_error("open", path))?;
        let found = path.metadata().map_err(io_error("open", &path))?;
        if caller_is_root() && found.uid() == 0 && found.mode() & 0o011 != 0o011 {
            let passable = Permissions::from_mode(found.mode() | 0o011);
            fs::set_permissions(&path, passable).map_err(io_error("open to others", &path))?;
        }
        Ok(Self { path })
    }

    /// A folder that has a cluster in it.
    pub(super) fn existing(path: &Path) -> Result<Self, LocalClusterError> {
        let nothing = || LocalClusterError::Nothing {
            folder: path.to_owned(),
        };
        let path = path.canonicalize().map_err(|_| nothing())?;
        let folder = Self { path };
        match folder.cluster_version()? {
            Some(_) => Ok(folder),
            None => Err(nothing()),
        }
    }

    /// The folder itself.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The cluster's files.
    pub(super) fn cluster(&self) -> PathBuf {
        self.path.join(CLUSTER)
    }

    /// The lock file.
    pub(super) fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// What the postmaster prints before its own log begins.
    pub(super) fn start_log(&self) -> PathBuf {
        self.path.join("start.log")
    }

    /// The folder of the socket when its path is short enough.
    pub(super) fn run(&self) -> PathBuf {
        self.path.join("run")
    }

    /// The major version that wrote the cluster, or none when there is no cluster yet.
    pub(super) fn cluster_version(&self) -> Result<Option<String>, LocalClusterError> {
        let cluster = self.cluster();
        let version = cluster.join("PG_VERSION");
        match fs::read_to_string(&version) {
            Ok(version) => Ok(Some(version.trim().to_owned())),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(io_error("read", &version)(error))
            }
            Err(_) if has_entries(&cluster) => Err(LocalClusterError::NotACluster { cluster }),
            Err(_) => Ok(None),
        }
    }

    /// Makes an existing cluster private to `account`, to whom it must belong.
    pub(super) fn secure(&self, account: &Account) -> Result<(), LocalClusterError> {
        let cluster = self.cluster();
        let found = match fs::symlink_metadata(&cluster) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            found => found.map_err(io_error("open", &cluster))?,
        };
        if !found.is_dir() {
            return Err(LocalClusterError::NotACluster { cluster });
        }
        if found.uid() != account.user() {
            let (owner, account) = (found.uid(), account.name().to_owned());
            return Err(LocalClusterError::WrongOwner {
                cluster,
                owner,
                account,
            });
        }
        if found.mode() & 0o777 != 0o700 {
            fs::set_permissions(&cluster, Permissions::from_mode(0o700))
                .map_err(io_error("make private", &cluster))?;
        }
        Ok(())
    }

    /// Creates an empty private folder for a cluster that is not finished. Its name is never used
    /// again: an `initdb` whose server was killed may still write into an earlier one, even after
    /// that was removed.
    pub(super) fn create_unfinished(
        &self,
        account: &Account,
    ) -> Result<PathBuf, LocalClusterError> {
        let path = self
            .path
            .join(format!("{UNFINISHED}{}", Uuid::new_v4().simple()));
        private_folder::create(&path, account)?;
        Ok(path)
    }

    /// Removes what interrupted initialisations left. What cannot be removed yet, because an
    /// orphaned `initdb` still writes there, is left for the next time.
    pub(super) fn remove_unfinished(&self) {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        for entry in entries {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED)
                && let Err(error) = fs::remove_dir_all(entry.path())
            {
                tracing::debug!(path = %entry.path().display(), %error, "unfinished cluster stays");
            }
        }
    }

    /// Makes a finished cluster the cluster of this folder, for good.
    pub(super) fn install(&self, unfinished: &Path) -> Result<(), LocalClusterError> {
        fs::rename(unfinished, self.cluster()).map_err(io_error("rename", unfinished))?;
        let folder = fs::File::open(&self.path).map_err(io_error("open", &self.path))?;
        folder.sync_all().map_err(io_error("write", &self.path))
    }
}

fn has_entries(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}
