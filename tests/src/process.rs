//! The real `syncline` with a PostgreSQL of its own, to be killed.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use reqwest::Client;
use serde_json::Value;
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;

use crate::server::{SECRET, client, token};

const CONFIGURATION: &str = "[applications.todo]\n";

/// Where in the folder the log is.
const LOG: &str = "server.log";

/// A data folder, and the server that uses it.
pub struct Process {
    folder: TempDir,
    server: Child,
    address: String,
    client: Client,
    is_struck: AtomicBool,
}

impl Process {
    /// Starts a server in a new data folder.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        std::fs::write(folder.path().join("syncline.toml"), CONFIGURATION)
            .expect("the folder takes a file");
        let (server, address) = spawn(folder.path());
        Self {
            folder,
            server,
            address,
            client: client(),
            is_struck: AtomicBool::new(false),
        }
    }

    /// Where the server listens.
    #[must_use]
    pub fn address(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    /// Kills the server at once; its PostgreSQL goes on.
    pub fn kill_server(&self) {
        self.is_struck.store(true, Ordering::SeqCst);
        kill(&self.server.id().to_string());
    }

    /// Kills PostgreSQL at once; the server goes on, and starts it again.
    pub fn kill_database(&self) {
        self.is_struck.store(true, Ordering::SeqCst);
        kill(&self.postmaster()[0]);
    }

    /// Sends the server a signal, such as `TERM`.
    pub fn tell(&self, signal: &str) {
        send(signal, &self.server.id().to_string());
    }

    /// Waits for the server to end by itself.
    pub async fn end(&mut self, patience: Duration) -> ExitStatus {
        let end = tokio::time::Instant::now() + patience;
        while tokio::time::Instant::now() < end {
            if let Some(status) = self.server.try_wait().expect("the server is a child") {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the server did not end within {patience:?}")
    }

    /// What the server has warned of since it was started.
    #[must_use]
    pub fn warnings(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(LOG)).expect("there is a log")
    }

    /// Whether either was killed.
    #[must_use]
    pub fn is_struck(&self) -> bool {
        self.is_struck.load(Ordering::SeqCst)
    }

    /// Starts a server again in the data folder of the one that was killed.
    pub fn restart(&mut self) {
        self.kill_server();
        self.server.wait().expect("the server ends");
        (self.server, self.address) = spawn(self.folder.path());
    }

    /// Sends the body of a sync request; none if there is no good answer.
    pub async fn post(&self, user: &str, body: &Value) -> Option<Value> {
        let request = self.client.post(format!("{}/todo/sync", self.address));
        let answer = request
            .bearer_auth(token(user))
            .json(body)
            .send()
            .await
            .ok()?;
        if answer.status().is_success() {
            answer.json().await.ok()
        } else {
            None
        }
    }

    /// Deletes a user's account, and returns the status of the answer; none if there is no answer.
    pub async fn delete_account(&self, user: &str) -> Option<u16> {
        let request = self.client.delete(format!("{}/account", self.address));
        let answer = request.bearer_auth(token(user)).send().await.ok()?;
        Some(answer.status().as_u16())
    }

    /// Another `syncline` with the same configuration.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        command(self.folder.path(), arguments)
    }

    /// A connection to its PostgreSQL that finds Syncline's tables.
    pub async fn connect(&self) -> PgConnection {
        let [_, _, _, port, socket, ..] = &self.postmaster()[..] else {
            panic!("postmaster.pid has the port and the socket's folder")
        };
        let options = PgConnectOptions::new_without_pgpass()
            .socket(socket)
            .port(port.parse().expect("a port is a number"))
            .username("syncline")
            .database("syncline")
            .options([("search_path", "syncline")]);
        options.connect().await.expect("PostgreSQL answers")
    }

    /// Whether its PostgreSQL was left running.
    #[must_use]
    pub fn has_database(&self) -> bool {
        self.postmaster_file().exists()
    }

    /// The lines of `postmaster.pid`.
    fn postmaster(&self) -> Vec<String> {
        let file = std::fs::read_to_string(self.postmaster_file()).expect("PostgreSQL runs");
        file.lines().map(|line| line.trim().to_owned()).collect()
    }

    fn postmaster_file(&self) -> PathBuf {
        self.folder.path().join("data/postgres/postmaster.pid")
    }
}

impl Drop for Process {
    /// The server stops its PostgreSQL when it is told to stop.
    fn drop(&mut self) {
        tell_to_stop(&mut self.server);
    }
}

/// Stops a server as its operator does, and waits for its end.
pub(crate) fn tell_to_stop(server: &mut Child) {
    let told = Command::new("kill").arg(server.id().to_string()).status();
    if told.is_ok() {
        drop(server.wait());
    }
}

fn kill(process: &str) {
    send("KILL", process);
}

fn send(signal: &str, process: &str) {
    let sent = Command::new("kill").args(["-s", signal, process]).status();
    assert!(
        sent.expect("kill is installed").success(),
        "process {process} can be sent {signal}"
    );
}

/// Starts a server and waits until it says where it listens.
fn spawn(folder: &Path) -> (Child, String) {
    let server = command(folder, &["serve"])
        .stdout(Stdio::piped())
        .stderr(File::create(folder.join(LOG)).expect("the folder takes a file"))
        .spawn()
        .expect("the server starts");
    listening(server)
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .arg("--config")
        .arg(folder.join("syncline.toml"))
        .env("SYNCLINE_LISTEN", "127.0.0.1:0")
        .env("SYNCLINE_DATA_DIR", folder.join("data"))
        .env("SYNCLINE_JWT_SECRET", SECRET)
        .env("SYNCLINE_LOG__LEVEL", "warn");
    command
}

/// Waits until a server that was started says where it listens.
pub(crate) fn listening(mut server: Child) -> (Child, String) {
    let output = server.stdout.take().expect("its output is read");
    let mut lines = BufReader::new(output).lines();
    let address = lines.by_ref().find_map(|line| {
        let line = line.expect("the output is text");
        line.strip_prefix("Syncline listens on ").map(str::to_owned)
    });
    // Its output must go on being read, or it would end at its next word.
    std::thread::spawn(move || lines.for_each(drop));
    (server, address.expect("the server listens"))
}

/// The binary that was built along with the tests of the workspace: `<target>/<profile>/syncline`
/// beside `<target>/<profile>/deps/<test>`.
#[must_use]
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its place");
    let binary = test
        .ancestors()
        .nth(2)
        .expect("tests are two folders deep")
        .join("syncline");
    assert!(
        binary.exists(),
        "{} is missing: run `cargo build -p syncline-cli`",
        binary.display()
    );
    binary
}

/// The most memory that a process has had, in bytes; none once it has ended.
#[must_use]
pub fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes << 10)
}
