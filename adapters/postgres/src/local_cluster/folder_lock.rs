//! One live server per data folder.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
};

use super::{
    data_folder::DataFolder,
    error::{LocalClusterError, io_error},
};

/// The exclusive use of a data folder. The system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Locks the folder and writes the process id into the lock file, for whoever is refused.
    pub(super) fn acquire(folder: &DataFolder) -> Result<Self, LocalClusterError> {
        let path = folder.lock();
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600);
        let mut file = options.open(&path).map_err(io_error("open", &path))?;
        match file.try_lock() {
            Ok(()) => write_process_id(&mut file).map_err(io_error("write", &path))?,
            Err(TryLockError::Error(error)) => return Err(io_error("lock", &path)(error)),
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                file.read_to_string(&mut process)
                    .map_err(io_error("read", &path))?;
                let (folder, process) = (folder.path().to_owned(), process.trim().to_owned());
                return Err(LocalClusterError::InUse { folder, process });
            }
        }
        Ok(Self { _file: file })
    }
}

fn write_process_id(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}
