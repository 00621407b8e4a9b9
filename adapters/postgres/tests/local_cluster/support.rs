//! What the tests of the local cluster share.

use std::{
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::Pid;
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use syncline_postgres::local_cluster::{LocalCluster, LocalClusterError};
use tempfile::TempDir;

/// Tells the server half of a test which data folder to use.
pub(crate) const SERVER_FOLDER: &str = "SYNCLINE_TEST_SERVER_FOLDER";

/// A new, empty data folder.
pub(crate) fn data_folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Starts the cluster in `folder`.
pub(crate) async fn start(folder: &Path) -> LocalCluster {
    LocalCluster::start(folder).await.unwrap()
}

/// The error of a start that must fail.
pub(crate) async fn refusal(folder: &Path) -> LocalClusterError {
    LocalCluster::start(folder).await.unwrap_err()
}

/// Connects to the server's database.
pub(crate) async fn connect(cluster: &LocalCluster) -> PgConnection {
    connect_with(cluster.connect_options()).await
}

/// Connects with the options given.
pub(crate) async fn connect_with(options: PgConnectOptions) -> PgConnection {
    options.connect().await.unwrap()
}

/// The only value that `query` returns.
pub(crate) async fn value(connection: &mut PgConnection, query: &'static str) -> String {
    sqlx::query_scalar(query)
        .fetch_one(connection)
        .await
        .unwrap()
}

/// Runs a statement that must succeed.
pub(crate) async fn execute(connection: &mut PgConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(connection).await.unwrap();
}

/// The postmaster that `postmaster.pid` names.
pub(crate) fn postmaster(folder: &Path) -> Pid {
    let file = fs::read_to_string(folder.join("postgres/postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().trim().parse().unwrap()).unwrap()
}

/// Polls until `condition` holds; fails after half a minute.
#[track_caller]
pub(crate) fn eventually(condition: impl Fn() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        for _ in 0..3000 {
            if condition() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the condition at {caller} never held");
    }
}

/// A server process of its own, in a process group of its own, with the cluster of `folder`.
pub(crate) fn spawn_server(folder: &Path) -> Child {
    use std::os::unix::process::CommandExt;
    Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "crashes::server_process"])
        .env(SERVER_FOLDER, folder)
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}
