//! What is told to stop ends, whatever it waits for, and leaves no PostgreSQL of its own behind.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Duration,
};

use syncline_tests::process::{Process, binary};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::support::refusal;

/// Far more than it takes to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// Somebody who takes connections and says nothing.
fn silent() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Waits until somebody connects, and keeps the connection.
async fn connected(listener: TcpListener) -> TcpStream {
    let accepting = tokio::task::spawn_blocking(move || listener.accept());
    accepting.await.unwrap().unwrap().0
}

fn database(address: SocketAddr) -> String {
    format!("postgres://ada@{address}/syncline")
}

/// `syncline` with a data folder of its own, and its input and output here.
fn start(arguments: &[&str], folder: &TempDir, variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .current_dir(folder.path())
        .env("SYNCLINE_DATA_DIR", folder.path().join("data"))
        .env("SYNCLINE_LISTEN", "127.0.0.1:0")
        .env(
            "SYNCLINE_JWT_SECRET",
            "a secret that is long enough for a test",
        )
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn tell(child: &Child, signal: &str) {
    let process = child.id().to_string();
    let told = Command::new("kill").args(["-s", signal, &process]).status();
    assert!(told.unwrap().success());
}

async fn end(child: &mut Child) -> ExitStatus {
    let limit = Instant::now() + PATIENCE;
    while Instant::now() < limit {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        sleep(Duration::from_millis(20)).await;
    }
    child.kill().unwrap();
    panic!("it did not end within {PATIENCE:?}")
}

/// The sentences of one that has ended.
fn said(child: Child) -> String {
    let Output { stderr, .. } = child.wait_with_output().unwrap();
    String::from_utf8(stderr).unwrap()
}

fn has_postmaster(data: &Path) -> bool {
    data.join("postgres/postmaster.pid").exists()
}

async fn postgresql_is_ready(data: &Path) {
    let is_ready = || {
        let file = std::fs::read_to_string(data.join("postgres/postmaster.pid"));
        file.is_ok_and(|file| file.contains("ready"))
    };
    while !is_ready() {
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_server_that_waits_for_its_database_can_be_stopped() {
    let (listener, address) = silent();
    let folder = tempfile::tempdir().unwrap();
    let url = database(address);
    let mut server = start(&["serve"], &folder, &[("SYNCLINE_DATABASE_URL", &url)]);
    let _silent = connected(listener).await;
    tell(&server, "TERM");
    let status = end(&mut server).await;
    assert!(status.success(), "{}", said(server));
}

#[test]
fn a_database_that_says_nothing_is_not_waited_for_for_ever() {
    let (_listener, address) = silent();
    let error = refusal(&["migrate"], &database(address));
    assert!(
        error.contains("waiting for the database to answer"),
        "{error}"
    );
    assert!(error.contains("nothing answers within"), "{error}");
}

#[tokio::test]
async fn the_end_of_a_terminal_stops_a_server_and_its_postgresql() {
    let mut process = Process::start();
    process.tell("HUP");
    assert!(process.end(PATIENCE).await.success());
    assert!(!process.has_database());
}

/// Started as `nohup` starts it.
#[tokio::test]
async fn a_server_that_is_to_outlive_its_terminal_does() {
    let folder = tempfile::tempdir().unwrap();
    let script = "trap '' HUP; exec \"$0\" serve";
    let mut server = Command::new("sh")
        .args(["-c", script])
        .arg(binary())
        .current_dir(folder.path())
        .env("SYNCLINE_DATA_DIR", folder.path().join("data"))
        .env("SYNCLINE_LISTEN", "127.0.0.1:0")
        .spawn()
        .unwrap();
    postgresql_is_ready(&folder.path().join("data")).await;
    tell(&server, "HUP");
    sleep(Duration::from_millis(500)).await;
    assert_eq!(server.try_wait().unwrap(), None);
    tell(&server, "TERM");
    assert!(end(&mut server).await.success());
}

#[tokio::test]
async fn a_command_that_is_told_to_stop_stops_its_postgresql() {
    for signal in ["TERM", "INT", "HUP"] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        // It reads what never comes.
        let mut import = start(&["import", "--user", "ada"], &folder, &[]);
        postgresql_is_ready(&data).await;
        tell(&import, signal);
        assert_eq!(end(&mut import).await.code(), Some(1), "{signal}");
        assert!(!has_postmaster(&data), "{signal}");
        let said = said(import);
        assert!(said.contains("told to stop by a signal"), "{said}");
    }
}

#[tokio::test]
async fn a_demonstration_that_is_told_to_stop_leaves_nothing_behind() {
    let (listener, address) = silent();
    let folder = tempfile::tempdir().unwrap();
    let issuer = format!("http://{address}");
    let temporary = folder.path().to_str().unwrap();
    let arguments = ["demo", "login", "--issuer", &issuer];
    let mut demo = start(&arguments, &folder, &[("TMPDIR", temporary)]);
    let _silent = connected(listener).await;
    tell(&demo, "TERM");
    assert_eq!(end(&mut demo).await.code(), Some(1));
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "{}", said(demo));
}

#[tokio::test]
async fn a_server_whose_greeting_and_log_nobody_reads_serves_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = start(&["serve"], &folder, &[]);
    drop((server.stdout.take(), server.stderr.take()));
    postgresql_is_ready(&data).await;
    tell(&server, "TERM");
    assert!(end(&mut server).await.success());
    assert!(!has_postmaster(&data));
}

#[tokio::test]
async fn a_command_whose_word_nobody_reads_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut migrate = start(&["migrate"], &folder, &[]);
    drop(migrate.stdout.take());
    assert_eq!(end(&mut migrate).await.code(), Some(1));
    assert!(!has_postmaster(&folder.path().join("data")));
    let said = said(migrate);
    assert!(said.contains("Broken pipe"), "{said}");
}
