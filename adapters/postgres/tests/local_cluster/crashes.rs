//! Servers, postmasters and initialisations that are killed.

use std::{env, fs, path::Path};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use syncline_postgres::local_cluster::LocalClusterError;

use crate::support::{
    SERVER_FOLDER, connect, data_folder, eventually, execute, postmaster, refusal, spawn_server,
    start, value,
};

#[tokio::test]
#[ignore = "the server half of the tests that kill a server; they start it with its data folder"]
async fn server_process() {
    let folder = env::var_os(SERVER_FOLDER).expect("started by another test of this file");
    let _cluster = start(Path::new(&folder)).await;
    fs::write(Path::new(&folder).join("server-ready"), "").unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_server_leaves_a_cluster_that_the_next_one_adopts() {
    let folder = data_folder();
    let mut server = spawn_server(folder.path());
    eventually(|| folder.path().join("server-ready").exists()).await;
    let first = postmaster(folder.path());
    let refused = refusal(folder.path()).await.to_string();
    assert!(
        refused.contains(&format!("(process {})", server.id())),
        "{refused}"
    );

    server.kill().unwrap();
    server.wait().unwrap();
    let cluster = start(folder.path()).await;
    assert_eq!(postmaster(folder.path()), first);
    assert_eq!(
        value(&mut connect(&cluster).await, "SELECT 'alive'").await,
        "alive"
    );
    cluster.stop().await.unwrap();
    eventually(|| test_kill_process(first).is_err()).await;
    assert!(!folder.path().join("postgres/postmaster.pid").exists());
}

#[tokio::test]
async fn an_interrupt_from_the_terminal_does_not_reach_the_cluster() {
    let folder = data_folder();
    let mut server = spawn_server(folder.path());
    eventually(|| folder.path().join("server-ready").exists()).await;
    let first = postmaster(folder.path());
    let group = Pid::from_raw(i32::try_from(server.id()).unwrap()).unwrap();
    kill_process_group(group, Signal::INT).unwrap();
    server.wait().unwrap();

    let cluster = start(folder.path()).await;
    assert_eq!(postmaster(folder.path()), first);
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_dropped_cluster_goes_on_and_is_adopted() {
    let folder = data_folder();
    drop(start(folder.path()).await);
    let first = postmaster(folder.path());
    let cluster = start(folder.path()).await;
    assert_eq!(postmaster(folder.path()), first);
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_postmaster_is_replaced_once_its_backends_are_gone() {
    let folder = data_folder();
    let cluster = start(folder.path()).await;
    let mut connection = connect(&cluster).await;
    execute(
        &mut connection,
        "CREATE TABLE kept AS SELECT 'committed' AS word",
    )
    .await;
    // A busy backend does not notice that its postmaster is gone, and holds the shared memory.
    let busy = "DO $$ DECLARE until timestamptz := clock_timestamp() + interval '3 s'; \
                BEGIN WHILE clock_timestamp() < until LOOP END LOOP; END $$";
    let mut worker = connect(&cluster).await;
    let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut worker)
        .await
        .unwrap();
    let backend = Pid::from_raw(backend).unwrap();
    let work = tokio::spawn(async move { sqlx::raw_sql(busy).execute(&mut worker).await });
    let active = "SELECT count(*)::text FROM pg_stat_activity \
                  WHERE state = 'active' AND query LIKE 'DO %'";
    while value(&mut connection, active).await != "1" {}

    let first = postmaster(folder.path());
    kill_process(first, Signal::KILL).unwrap();
    drop(cluster);
    eventually(|| test_kill_process(first).is_err()).await;
    assert!(
        test_kill_process(backend).is_ok(),
        "the backend outlives its postmaster"
    );

    let cluster = start(folder.path()).await;
    assert!(
        !is_running(backend),
        "the backend has ended before the new start"
    );
    assert_ne!(postmaster(folder.path()), first);
    assert_eq!(
        value(&mut connect(&cluster).await, "SELECT word FROM kept").await,
        "committed"
    );
    cluster.stop().await.unwrap();
    drop(work.await);
}

#[tokio::test]
async fn stop_succeeds_when_the_postmaster_is_gone_already() {
    let folder = data_folder();
    let cluster = start(folder.path()).await;
    kill_process(postmaster(folder.path()), Signal::KILL).unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_process_id_that_is_used_again_does_not_stop_a_start() {
    let folder = data_folder();
    start(folder.path()).await.stop().await.unwrap();
    // As after a power failure: the file is left, and its process id is another process's now.
    let postgres = folder.path().join("postgres");
    let stale = format!(
        "{}\n{}\n1\n5432\n\n\n\nready   \n",
        std::process::id(),
        postgres.display()
    );
    fs::write(postgres.join("postmaster.pid"), stale).unwrap();
    start(folder.path()).await.stop().await.unwrap();
}

#[tokio::test]
async fn an_interrupted_initialisation_is_begun_anew() {
    let folder = data_folder();
    let initialising = || {
        let mut entries = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries.any(|path| {
            path.to_string_lossy().contains("unfinished") && path.join("PG_VERSION").exists()
        })
    };
    let mut server = spawn_server(folder.path());
    eventually(initialising).await;
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(!folder.path().join("postgres").exists());

    let cluster = start(folder.path()).await;
    assert_eq!(
        value(&mut connect(&cluster).await, "SELECT 'whole'").await,
        "whole"
    );
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_refused_leaves_the_other_alone() {
    let folder = data_folder();
    let cluster = start(folder.path()).await;
    let error = refusal(folder.path()).await;
    assert!(matches!(error, LocalClusterError::InUse { .. }));
    let message = error.to_string();
    let place = folder.path().canonicalize().unwrap();
    assert!(message.contains(place.to_str().unwrap()), "{message}");
    assert_eq!(
        value(&mut connect(&cluster).await, "SELECT 'alive'").await,
        "alive"
    );
    cluster.stop().await.unwrap();
}

/// Whether a process runs; one that has ended may still wait for its parent to hear of it.
fn is_running(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map(|(_, state)| state);
    state.is_some_and(|state| !state.starts_with(['Z', 'X']))
}
