//! Several real `syncline serve` on one database.

use std::process::{Child, Command};

use tempfile::TempDir;

use crate::{
    TestDatabase,
    endpoint::RoundRobin,
    process::{binary, listening, tell_to_stop},
    server::SECRET,
};

const CONFIGURATION: &str = "[applications.todo]\n";

/// Servers that run as long as this value lives.
pub struct Replicas {
    folder: TempDir,
    database: TestDatabase,
    servers: Vec<(Child, String)>,
}

impl Replicas {
    /// Starts so many servers at once.
    #[must_use]
    pub fn start(database: &TestDatabase, count: usize) -> Self {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        std::fs::write(folder.path().join("syncline.toml"), CONFIGURATION)
            .expect("the folder takes a file");
        let starting = (0..count).map(|_| spawn(&folder, database));
        // All are started before the first is waited for.
        let starting: Vec<_> = starting.collect();
        let servers = starting.into_iter().map(listening).collect();
        Self {
            folder,
            database: database.clone(),
            servers,
        }
    }

    /// Where each of them listens, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.servers
            .iter()
            .map(|(_, address)| address.clone())
            .collect()
    }

    /// Kills one of them at once.
    pub fn kill(&mut self, number: usize) {
        let (server, _) = &mut self.servers[number];
        server.kill().expect("the server can be killed");
        server.wait().expect("the server ends");
    }

    /// Starts one that was killed again, at another address.
    pub fn restart(&mut self, number: usize) {
        self.servers[number] = listening(spawn(&self.folder, &self.database));
    }

    /// Sends each request to the next of them.
    #[must_use]
    pub fn in_turn(&self) -> RoundRobin {
        RoundRobin::over(self.addresses())
    }

    /// The folder with their configuration.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        for (server, _) in &mut self.servers {
            tell_to_stop(server);
        }
    }
}

fn spawn(folder: &TempDir, database: &TestDatabase) -> Child {
    Command::new(binary())
        .args(["serve", "--config"])
        .arg(folder.path().join("syncline.toml"))
        .env("SYNCLINE_LISTEN", "127.0.0.1:0")
        .env("SYNCLINE_DATABASE_URL", database.url())
        .env("SYNCLINE_JWT_SECRET", SECRET)
        .env("SYNCLINE_LOG__LEVEL", "warn")
        .env("SYNCLINE_LIMITS__DATABASE_CONNECTIONS", "8")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the server starts")
}
