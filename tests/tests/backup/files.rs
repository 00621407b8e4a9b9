//! The files of a PostgreSQL of Syncline's own, as they were.

use std::{
    path::Path,
    process::{Command, Output},
};

use syncline_postgres::local_cluster::LocalCluster;
use syncline_tests::{TestDatabase, TestServer, process::binary};

use crate::{
    devices::{self, Devices},
    guide::{MAKE_FOLDERS, commands, next_name, only},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_the_data_folder_is_renewed_before_it_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let run = |commands: &str| run(folder.path(), commands);
    let copy = commands("Stop the server, which stops PostgreSQL, copy");
    done(&run(commands(MAKE_FOLDERS)));
    let (cluster, server) = serve(&data).await;
    let mut devices = Devices::before(&server).await;
    stop(cluster, server).await;
    done(&run(copy));
    let backup = only(&folder.path().join("backups"));
    let (cluster, server) = serve(&data).await;
    devices.later(&server).await;
    stop(cluster, server).await;
    next_name().await;
    done(&run(copy));

    let way = commands("To come back, with the server stopped");
    let said = done(&run(&format!("BACKUP='{backup}'\n{way}")));
    assert!(
        said.starts_with(
            "Incarnation 2 of the database has begun. Its newest document was stored at 20"
        ),
        "{said}"
    );
    let (cluster, server) = serve(&data).await;
    // Once more, under a server that has answered nobody: nothing is lost by that.
    let said = done(&run("syncline incarnation renew"));
    assert!(said.starts_with("Incarnation 3 of the database"), "{said}");
    devices.after(&server).await;
    stop(cluster, server).await;
}

#[test]
fn a_folder_without_a_database_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), "syncline incarnation renew");
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("there is no database of Syncline's own in"),
        "{error}"
    );
    assert!(!folder.path().join("data").exists());
}

async fn serve(data: &Path) -> (LocalCluster, TestServer) {
    let cluster = LocalCluster::start(data).await.unwrap();
    let database = TestDatabase::at(cluster.connect_options());
    let server = devices::server(database).await;
    (cluster, server)
}

async fn stop(cluster: LocalCluster, server: TestServer) {
    server.stop().await;
    cluster.stop().await.unwrap();
}

/// Runs commands with `data` in this folder as the data folder.
fn run(folder: &Path, commands: &str) -> Output {
    let programs = binary().parent().unwrap().display().to_string();
    let path = std::env::var("PATH").unwrap();
    Command::new("sh")
        .args(["-euc", commands])
        .env("PATH", format!("{programs}:{path}"))
        .env("SYNCLINE_DATA_DIR", folder.join("data"))
        .env("BACKUPS", folder.join("backups"))
        .env("SYNCLINE_LOG__LEVEL", "off")
        .current_dir(folder)
        .output()
        .unwrap()
}

/// What commands say that succeed.
#[track_caller]
fn done(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}
