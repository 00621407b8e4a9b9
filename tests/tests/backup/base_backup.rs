//! A base backup, and the log since.

use std::process::Command;

use syncline_tests::{Postgresql, process::binary};

use crate::{
    devices::{Devices, server},
    guide::{backup, commands, settings},
};

const BACKUP: &str = "The backup itself";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_a_moment_under_a_running_server() {
    let cluster = Postgresql::start(settings("A base backup and the log\n"));
    cluster.run("createdb app");
    let database = cluster.database("app");
    let backup = backup(&cluster, BACKUP, &database.url()).await;
    let server = server(database).await;
    let mut devices = Devices::before(&server).await;
    let moment = cluster.answer("SELECT clock_timestamp()", "app");
    devices.later(&server).await;
    let which = [("BACKUP", backup), ("MOMENT", moment)];
    cluster.run_with(commands("**Back to a moment.**"), &which);
    devices.after(&server).await;
    server.stop().await;
}

/// Nothing tells it from the cluster that it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_recovery_it_is_renewed_before_it_is_served() {
    let cluster = Postgresql::start("");
    cluster.run("createdb app");
    let database = cluster.database("app");
    let server = server(database.clone()).await;
    let mut devices = Devices::before(&server).await;
    let backup = backup(&cluster, BACKUP, &database.url()).await;
    devices.later(&server).await;
    server.stop().await;
    cluster.run_with(
        "pg_ctl stop --silent --mode=fast
         rm -r \"$PGDATA\"
         cp -a \"$BACKUP\" \"$PGDATA\"
         pg_ctl start --silent --log=log",
        &[("BACKUP", backup)],
    );
    let renewed = Command::new("/bin/sh")
        .args(["-euc", commands("For a PostgreSQL of yours the same")])
        .env("PATH", binary().parent().unwrap())
        .env("DATABASE_URL", database.url())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&renewed.stderr);
    assert!(renewed.status.success(), "{error}");
    let server = self::server(database).await;
    devices.after(&server).await;
    server.stop().await;
}
