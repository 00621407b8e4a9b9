//! A dump, restored.

use serde_json::json;
use syncline_tests::{
    Postgresql, Replica, TestDatabase,
    dump::{dump, restore},
    replica::{change, stamp},
};

use crate::{
    devices::{Devices, server},
    guide::{backup, commands},
};

const DUMP: &str = "A dump is one moment";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn into_another_cluster() {
    let server = server(TestDatabase::create().await).await;
    let mut devices = Devices::before(&server).await;
    let other = Postgresql::start("");
    other.run("createuser syncline && createdb app");
    let database = other.database("app");
    let backup = backup(&other, DUMP, &server.database.url()).await;
    devices.later(&server).await;
    let way = [("BACKUP", backup), ("NEW_DATABASE_URL", database.url())];
    other.run_with(commands("Into another database or cluster"), &way);
    let restored = self::server(database).await;
    devices.after(&restored).await;
    restored.stop().await;
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn into_the_same_database_under_a_running_server() {
    let server = server(TestDatabase::create().await).await;
    let mut devices = Devices::before(&server).await;
    let shell = Postgresql::place();
    let address = server.database.url();
    let backup = backup(&shell, DUMP, &address).await;
    devices.later(&server).await;
    let way = [("BACKUP", backup), ("DATABASE_URL", address)];
    shell.run_with(commands("Into the same database"), &way);
    devices.after(&server).await;
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_one_into_another_database_of_the_same_cluster() {
    let server = server(TestDatabase::create().await).await;
    let mut devices = Devices::before(&server).await;
    let dump = dump(&server.database, &[]);
    devices.later(&server).await;
    let restored = TestDatabase::empty().await;
    restore(&restored, &dump);
    let other = self::server(restored).await;
    devices.after(&other).await;
    other.finish().await;
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_one_twice_into_the_same_database() {
    let server = server(TestDatabase::create().await).await;
    let mut devices = Devices::before(&server).await;
    let shell = Postgresql::place();
    let address = server.database.url();
    let backup = backup(&shell, "A plain dump can be read", &address).await;
    devices.later(&server).await;
    let way = [("BACKUP", backup), ("DATABASE_URL", address)];
    let restore = || shell.run_with(commands("It comes back in one transaction"), &way);
    restore();
    // Somebody writes in the life between the two, and loses it.
    let between = change("between", &json!({ "title": "lost" }), &stamp("laptop", 1));
    Replica::new("notes").sync(&server, "ada", &[between]).await;
    restore();
    devices.after(&server).await;
    server.finish().await;
}
