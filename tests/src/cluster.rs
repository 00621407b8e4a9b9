//! One PostgreSQL cluster for all test processes.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use sqlx::postgres::PgConnectOptions;
use syncline_postgres::local_cluster::LocalCluster;

/// Waits until no test process is left, stops the cluster and removes its files.
const JANITOR: &str = r#"
while ! flock --exclusive --nonblock "$1/users" true; do sleep 3; done
exec flock --exclusive --nonblock "$1/users" sh -c '
    kill -INT "$(head -n 1 "$1/data/postgres/postmaster.pid")" 2>/dev/null
    while [ -e "$1/data/postgres/postmaster.pid" ]; do sleep 0.1; done
    rm -rf "$1/data"
' janitor "$1"
"#;

static OPTIONS: OnceLock<PgConnectOptions> = OnceLock::new();
static USER: OnceLock<File> = OnceLock::new();

/// How to connect to `database` of the cluster, which runs as long as this process does.
pub async fn connect_options(database: &str) -> PgConnectOptions {
    if let Some(options) = OPTIONS.get() {
        return options.clone().database(database);
    }
    let folder = folder();
    fs::create_dir_all(&folder).expect("the temporary folder takes the cluster");
    let user = File::create(folder.join("users")).expect("the lock of the users is there");
    user.lock_shared().expect("the janitor ends");
    USER.get_or_init(|| user);
    let starting = File::create(folder.join("starting")).expect("the lock of the start is there");
    starting.lock().expect("other starts end");
    let options = start(&folder).await;
    OPTIONS.get_or_init(|| options).clone().database(database)
}

/// Starts the cluster, or finds it running. It is dropped at once, which leaves it running and lets
/// the next process adopt it.
async fn start(folder: &Path) -> PgConnectOptions {
    let is_first = !folder.join("data/postgres/postmaster.pid").exists();
    let cluster = LocalCluster::start(&folder.join("data"))
        .await
        .expect("the cluster starts");
    if is_first {
        start_janitor(folder);
    }
    cluster.connect_options()
}

#[expect(
    clippy::zombie_processes,
    reason = "the janitor outlives this process, and waits for it"
)]
fn start_janitor(folder: &Path) {
    Command::new("sh")
        .args(["-c", JANITOR, "janitor"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the janitor starts");
}

fn folder() -> PathBuf {
    let user = std::env::var("USER").unwrap_or_else(|_| "anyone".to_owned());
    std::env::temp_dir().join(format!("syncline-tests-{user}"))
}
