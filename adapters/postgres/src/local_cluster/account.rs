//! The user that PostgreSQL runs as: it refuses to run as root.

use std::{
    env, fs, io,
    os::unix::fs::{MetadataExt, lchown},
    path::Path,
    process::Stdio,
};

use tokio::process::Command;

use super::{
    data_folder::DataFolder,
    error::{LocalClusterError, io_error},
};

/// System users that may run PostgreSQL for root, the preferred one first.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];
/// What PostgreSQL's programs inherit. All else stays here: the environment holds secrets, and
/// variables such as `PGPORT` would change the settings.
const INHERITED: [&str; 2] = ["PATH", "LD_LIBRARY_PATH"];

/// A user of this system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    name: String,
    user: u32,
    group: u32,
}

impl Account {
    /// The caller, or when that is root the owner of the cluster or a system user.
    pub(super) fn for_cluster(folder: &DataFolder) -> Result<Self, LocalClusterError> {
        if !caller_is_root() {
            return Ok(Self {
                name: caller().to_string(),
                user: caller(),
                group: rustix::process::getegid().as_raw(),
            });
        }
        match fs::symlink_metadata(folder.cluster()) {
            Ok(cluster) if cluster.uid() != 0 => Ok(Self {
                name: cluster.uid().to_string(),
                user: cluster.uid(),
                group: cluster.gid(),
            }),
            _ => Self::unprivileged(),
        }
    }

    fn unprivileged() -> Result<Self, LocalClusterError> {
        let path = Path::new("/etc/passwd");
        let users = fs::read_to_string(path).map_err(io_error("read", path))?;
        CANDIDATES
            .iter()
            .find_map(|name| users.lines().find_map(|line| parse_user(line, name)))
            .ok_or(LocalClusterError::NoAccount)
    }

    /// The name, or the id of a user that is known by its files only.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The user id.
    pub(super) fn user(&self) -> u32 {
        self.user
    }

    /// A command that runs as this user in `folder`, with hardly any environment. Its messages
    /// are English, since some of them are recognised.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        let inherited = INHERITED
            .iter()
            .filter_map(|name| Some((name, env::var_os(name)?)));
        command.env_clear().envs(inherited).env("LC_ALL", "C");
        command.current_dir(folder).stdin(Stdio::null());
        if self.user != caller() {
            // The standard library also drops the supplementary groups here.
            command.uid(self.user).gid(self.group);
        }
        command
    }

    /// Gives `path`, which must not be a symbolic link's target, to this user.
    pub(super) fn take(&self, path: &Path) -> io::Result<()> {
        if self.user == caller() {
            return Ok(());
        }
        lchown(path, Some(self.user), Some(self.group))
    }

    /// What a failure to run `program` in `folder` means.
    pub(super) fn run_error(
        &self,
        program: &Path,
        folder: &Path,
    ) -> impl FnOnce(io::Error) -> LocalClusterError {
        move |error| match error.kind() {
            io::ErrorKind::PermissionDenied => LocalClusterError::Unreachable {
                folder: folder.to_owned(),
                account: self.name.clone(),
            },
            _ => io_error("run", program)(error),
        }
    }
}

/// Whether this process is root.
pub(super) fn caller_is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The user id of this process.
pub(super) fn caller() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn parse_user(line: &str, wanted: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| *name == wanted)?;
    let user = fields.nth(1)?.parse().ok().filter(|user| *user != 0)?;
    let group = fields.next()?.parse().ok()?;
    Some(Account {
        name: name.to_owned(),
        user,
        group,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_etc_passwd_names_user_and_group() {
        let line = "postgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash";
        let postgres = Account {
            name: "postgres".to_owned(),
            user: 101,
            group: 104,
        };
        assert_eq!(parse_user(line, "postgres"), Some(postgres));
        assert_eq!(parse_user(line, "nobody"), None);
    }

    #[test]
    fn root_under_another_name_is_not_an_unprivileged_user() {
        assert_eq!(
            parse_user("postgres:x:0:0::/root:/bin/sh", "postgres"),
            None
        );
    }
}
