//! A PostgreSQL as an operator has one, run by the commands that an operator types.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sqlx::postgres::PgConnectOptions;
use tempfile::TempDir;

use crate::TestDatabase;

/// The role that may do everything.
const ADMIN: &str = "postgres";

/// A cluster in folders of its own, or the place for one.
pub struct Postgresql {
    folder: TempDir,
}

impl Postgresql {
    /// A new cluster that runs, with these settings.
    #[must_use]
    pub fn start(settings: &str) -> Self {
        let cluster = Self::place();
        cluster.run("initdb --auth=trust --username=postgres --no-sync --pgdata=\"$PGDATA\"");
        cluster.configure(settings);
        cluster.run(START);
        cluster
    }

    /// A standby of `primary` that follows it.
    #[must_use]
    pub fn following(primary: &Self) -> Self {
        let cluster = Self::place();
        let source = format!("host={} user={ADMIN}", primary.socket().display());
        cluster.run(&format!(
            "pg_basebackup --pgdata=\"$PGDATA\" --checkpoint=fast --no-sync --write-recovery-conf --dbname='{source}'"
        ));
        // It begins by flushing every file, and it is no loss.
        cluster.configure("fsync = off");
        cluster.run(START);
        cluster
    }

    /// A place without a cluster.
    #[must_use]
    pub fn place() -> Self {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        if is_root() {
            let given = Command::new("chown").arg(ADMIN).arg(folder.path()).status();
            assert!(given.expect("chown is installed").success());
        }
        let cluster = Self { folder };
        cluster.run("mkdir \"$PLACE/socket\"");
        cluster
    }

    /// Adds settings, and those that give the cluster its own socket.
    pub fn configure(&self, settings: &str) {
        let file = self.data().join("postgresql.conf");
        let text = fs::read_to_string(&file).expect("there is a cluster");
        let socket = self.socket().display().to_string();
        let own = format!("listen_addresses = ''\nunix_socket_directories = '{socket}'");
        fs::write(file, format!("{text}\n{own}\n{settings}\n")).expect("the folder takes a file");
    }

    /// The folder of the cluster's files, `PGDATA`.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The folder for backups, `BACKUPS`, which is not there yet.
    #[must_use]
    pub fn backups(&self) -> PathBuf {
        self.folder.path().join("backups")
    }

    /// How to connect to one of its databases.
    #[must_use]
    pub fn options(&self, database: &str) -> PgConnectOptions {
        options_at(&self.socket(), database)
    }

    /// One of its databases.
    #[must_use]
    pub fn database(&self, name: &str) -> TestDatabase {
        TestDatabase::at(self.options(name))
    }

    /// Runs a script as the user that PostgreSQL runs as. It knows `PGDATA`, `BACKUPS`, and how to
    /// connect.
    pub fn run(&self, script: &str) {
        self.run_with(script, &[]);
    }

    /// The same, with more variables.
    pub fn run_with(&self, script: &str, variables: &[(&str, String)]) {
        drop(self.output(script, variables));
    }

    /// What a query answers in one of its databases.
    #[must_use]
    pub fn answer(&self, query: &str, database: &str) -> String {
        let variables = [
            ("QUERY", query.to_owned()),
            ("DATABASE", database.to_owned()),
        ];
        let psql = "psql --tuples-only --no-align --command=\"$QUERY\" \"$DATABASE\"";
        self.output(psql, &variables).trim().to_owned()
    }

    fn output(&self, script: &str, variables: &[(&str, String)]) -> String {
        let output = shell()
            .arg(script)
            .env("PATH", path())
            .env("PLACE", self.folder.path())
            .env("PGDATA", self.data())
            .env("BACKUPS", self.backups())
            .env("PGHOST", self.socket())
            .env("PGUSER", ADMIN)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .expect("there is a shell");
        let (said, complained) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(output.status.success(), "{script}\n{said}{complained}{log}");
        said.into_owned()
    }
}

/// Starts the cluster in `PGDATA`.
pub const START: &str = "pg_ctl start --silent --log=log";

impl Drop for Postgresql {
    fn drop(&mut self) {
        if self.data().join("postmaster.pid").exists() {
            self.run("pg_ctl stop --silent --mode=immediate || true");
        }
    }
}

/// How to connect to a database of the cluster whose socket is in this folder.
#[must_use]
pub fn options_at(socket: &Path, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .port(5432)
        .username(ADMIN)
        .database(database)
}

/// PostgreSQL refuses to run as root.
fn shell() -> Command {
    if !is_root() {
        let mut shell = Command::new("sh");
        shell.args(["-euc"]);
        return shell;
    }
    let mut shell = Command::new("runuser");
    shell.args(["-u", ADMIN, "--", "sh", "-euc"]);
    shell
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.expect("id is installed").stdout == b"0\n"
}

/// Debian keeps the programs of a server where nobody finds them.
fn path() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut folders: Vec<_> = installed
        .filter_map(|entry| Some(entry.ok()?.path().join("bin").display().to_string()))
        .collect();
    folders.sort();
    folders.reverse();
    folders.push(path);
    folders.join(":")
}
