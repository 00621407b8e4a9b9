//! Finds PostgreSQL's programs.

use std::{
    cmp::Reverse,
    env,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use super::{account::Account, error::LocalClusterError};

/// The sync engine needs `xid8` and `pg_current_snapshot`.
const MINIMUM: u32 = 13;

/// Install folders that carry the version in their name: the parent, what precedes the version,
/// and the folder of the programs inside.
const VERSIONED: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
];
/// Install folders that do not.
const UNVERSIONED: [&str; 5] = [
    "/usr/local/pgsql/bin",
    "/opt/homebrew/bin",
    "/usr/local/bin",
    "/home/linuxbrew/.linuxbrew/bin",
    "/usr/bin",
];

/// The programs of one installed PostgreSQL.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    /// The first that suits, of `PATH` and then the usual folders: the one that wrote the data
    /// when there is data (`data_version`), otherwise any that is new enough.
    pub(super) async fn find(
        account: &Account,
        data_version: Option<&str>,
        cluster: &Path,
    ) -> Result<Self, LocalClusterError> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = env::split_paths(&path).chain(install_folders());
        let (installed, refused) = installed_in(account, folders).await;
        match refused {
            Some(refused) if installed.is_empty() => Err(refused),
            _ => choose(installed, data_version, cluster),
        }
    }

    /// The program that creates a cluster.
    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// The server program.
    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }
}

fn choose(
    installed: Vec<Binaries>,
    data_version: Option<&str>,
    cluster: &Path,
) -> Result<Binaries, LocalClusterError> {
    let newest = installed.iter().max_by_key(|binaries| binaries.major);
    let Some(&Binaries { major, ref folder }) = newest else {
        return Err(LocalClusterError::NotInstalled);
    };
    let unsuitable = match data_version {
        _ if major < MINIMUM => LocalClusterError::TooOld {
            found: major,
            minimum: MINIMUM,
            folder: folder.clone(),
        },
        data => LocalClusterError::OtherVersion {
            cluster: cluster.to_owned(),
            data: data.unwrap_or_default().to_owned(),
            installed: major,
        },
    };
    let suits =
        |major: u32| major >= MINIMUM && data_version.is_none_or(|data| data == major.to_string());
    installed
        .into_iter()
        .find(|binaries| suits(binaries.major))
        .ok_or(unsuitable)
}

/// Those that are installed, and why the first of others cannot be run.
async fn installed_in(
    account: &Account,
    folders: impl Iterator<Item = PathBuf>,
) -> (Vec<Binaries>, Option<LocalClusterError>) {
    let mut installed: Vec<Binaries> = Vec::new();
    let mut refused = None;
    for folder in folders {
        let complete = ["initdb", "postgres"]
            .iter()
            .all(|name| folder.join(name).is_file());
        // A relative folder in `PATH` would mean whatever folder the server was started in.
        let known = installed.iter().any(|binaries| binaries.folder == folder);
        if !complete || !folder.is_absolute() || known {
            continue;
        }
        match major_version(account, &folder).await {
            Ok(Some(major)) => installed.push(Binaries { folder, major }),
            Ok(None) => {}
            Err(source) => {
                let account = account.name().to_owned();
                refused.get_or_insert(LocalClusterError::NotRunnable {
                    folder,
                    account,
                    source,
                });
            }
        }
    }
    (installed, refused)
}

async fn major_version(account: &Account, folder: &Path) -> io::Result<Option<u32>> {
    let mut command = account.command(&folder.join("postgres"), Path::new("/"));
    let output = command.arg("--version").kill_on_drop(true).output().await?;
    Ok(parse_version(&String::from_utf8_lossy(&output.stdout)))
}

/// The major version in, for example, `postgres (PostgreSQL) 17beta1 (Debian 17~beta1-1)`.
fn parse_version(text: &str) -> Option<u32> {
    let (_, version) = text.split_once("(PostgreSQL) ")?;
    leading_number(version)
}

fn leading_number(text: &str) -> Option<u32> {
    text.split(|letter: char| !letter.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

fn install_folders() -> impl Iterator<Item = PathBuf> {
    let versioned = VERSIONED.iter().flat_map(|(parent, prefix, inside)| {
        versions_in(Path::new(parent), prefix)
            .into_iter()
            .map(move |folder| folder.join(inside))
    });
    versioned.chain(UNVERSIONED.iter().map(PathBuf::from))
}

/// The folders in `parent` called `prefix` and a version, the newest first.
fn versions_in(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let version = |name: &OsStr| leading_number(name.to_str()?.strip_prefix(prefix)?);
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| Some((version(&entry.file_name())?, entry.path())))
        .collect();
    found.sort_by_key(|(version, _)| Reverse(*version));
    found.into_iter().map(|(_, folder)| folder).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::data_folder::DataFolder, *};

    #[tokio::test]
    async fn programs_that_are_not_to_be_run_are_not_missing() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["initdb", "postgres"] {
            fs::write(parent.path().join(name), "").unwrap();
        }
        let data = DataFolder::prepare(&parent.path().join("data")).unwrap();
        let account = Account::for_cluster(&data).unwrap();
        let folders = [parent.path().to_owned()].into_iter();
        let (installed, refused) = installed_in(&account, folders).await;
        assert_eq!(installed, []);
        let message = refused.unwrap().to_string();
        let expected = format!("in {} cannot be run", parent.path().display());
        assert!(message.contains(&expected), "{message}");
    }

    fn installed(majors: &[u32]) -> Vec<Binaries> {
        let binaries = |major: &u32| Binaries {
            folder: format!("/pg/{major}").into(),
            major: *major,
        };
        majors.iter().map(binaries).collect()
    }

    fn chosen(majors: &[u32], data: Option<&str>) -> Result<u32, String> {
        choose(installed(majors), data, Path::new("/data/postgres"))
            .map(|binaries| binaries.major)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn versions_are_read_from_what_postgres_prints() {
        assert_eq!(
            parse_version("postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(parse_version("postgres (PostgreSQL) 17beta1\n"), Some(17));
        assert_eq!(parse_version("postgres: command not found"), None);
    }

    #[test]
    fn nothing_installed_says_what_to_install() {
        let message = chosen(&[], None).unwrap_err();
        for advice in [
            "apt-get install postgresql",
            "dnf",
            "brew",
            "SYNCLINE_DATABASE_URL",
        ] {
            assert!(message.contains(advice), "{message}");
        }
    }

    #[test]
    fn too_old_versions_are_refused_or_passed_over() {
        let message = chosen(&[12], None).unwrap_err();
        assert!(
            message.contains("PostgreSQL 12 in /pg/12 is too old"),
            "{message}"
        );
        assert_eq!(chosen(&[12, 16], None), Ok(16));
    }

    #[test]
    fn data_is_opened_by_the_version_that_wrote_it() {
        assert_eq!(chosen(&[17, 15], Some("15")), Ok(15));
        let message = chosen(&[17, 16], Some("15")).unwrap_err();
        assert!(
            message.contains("PostgreSQL 15, but PostgreSQL 17 is installed"),
            "{message}"
        );
    }

    #[test]
    fn versioned_folders_are_sorted_by_number() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["pg-9", "pg-16", "pg-13", "other-18", "pg-doc"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let expected = ["pg-16", "pg-13", "pg-9"].map(|name| parent.path().join(name));
        assert_eq!(versions_in(parent.path(), "pg-"), expected);
    }
}
