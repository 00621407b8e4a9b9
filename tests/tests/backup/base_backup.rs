//! A base backup, and the log since.

use syncline_tests::Postgresql;

use crate::{
    devices::{Devices, server},
    guide::{commands, settings},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_a_moment_under_a_running_server() {
    let cluster = Postgresql::start(settings("A base backup and the log\n"));
    cluster.run("createdb app");
    let address = ("DATABASE_URL", cluster.database("app").url());
    cluster.run_with(commands("The backup itself"), &[address]);
    let server = server(cluster.database("app")).await;
    let mut devices = Devices::before(&server).await;
    let moment = cluster.answer("SELECT clock_timestamp()", "app");
    devices.later(&server).await;
    let moment = ("MOMENT", moment);
    cluster.run_with(commands("**Back to a moment.**"), &[moment]);
    devices.after(&server).await;
    server.stop().await;
}
