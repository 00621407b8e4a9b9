//! A real PgBouncer in transaction mode.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    process::{Child, Command, Stdio},
    time::Duration,
};

use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use crate::TestDatabase;

/// The number in the name of its socket.
const PORT: u16 = 6432;

/// A pooler that runs as long as this value lives.
pub struct Pooler {
    process: Child,
    folder: TempDir,
}

impl Pooler {
    /// Starts one in front of the cluster that `database` is in, with so many sessions there.
    pub async fn before(database: &TestDatabase, sessions: u32) -> Self {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let options = database.options();
        let socket = options.get_socket().expect("the cluster has a socket");
        let owner = fs::metadata(socket).expect("the socket is there");
        write_files(&folder, database, sessions);
        for file in [folder.path(), &folder.path().join("users")] {
            chown(file, Some(owner.uid()), Some(owner.gid())).expect("a file can be given away");
        }
        // Whoever may enter the folder of the socket.
        let process = Command::new("/usr/sbin/pgbouncer")
            .arg("--quiet")
            .arg(folder.path().join("pgbouncer.ini"))
            .uid(owner.uid())
            .gid(owner.gid())
            .stderr(Stdio::null())
            .spawn()
            .expect("pgbouncer is installed");
        let pooler = Self { process, folder };
        pooler.wait(database).await;
        pooler
    }

    /// The database, reached through the pooler.
    #[must_use]
    pub fn database(&self, database: &TestDatabase) -> TestDatabase {
        let options = database.options().socket(self.folder.path()).port(PORT);
        TestDatabase::at(options)
    }

    async fn wait(&self, database: &TestDatabase) {
        let options = self.database(database).options().extra_float_digits(None);
        for _ in 0..500 {
            if let Ok(connection) = options.connect().await {
                connection.close().await.expect("the connection closes");
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("pgbouncer never answered");
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It has no state to lose; an error means that it has ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn write_files(folder: &TempDir, database: &TestDatabase, sessions: u32) {
    let options = database.options();
    let socket = options.get_socket().expect("the cluster has a socket");
    let (here, there) = (folder.path().display(), socket.display());
    let port = options.get_port();
    let configuration = format!(
        "[databases]\n* = host={there} port={port}\n[pgbouncer]\nunix_socket_dir = {here}\n\
         listen_port = {PORT}\npool_mode = transaction\ndefault_pool_size = {sessions}\n\
         auth_type = trust\nauth_file = {here}/users\n"
    );
    let users = format!("\"{}\" \"\"\n", options.get_username());
    for (name, text) in [("pgbouncer.ini", configuration), ("users", users)] {
        fs::write(folder.path().join(name), text).expect("the folder takes a file");
    }
}
