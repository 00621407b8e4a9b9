//! The folders of the cluster: who owns them, where they are, what is refused.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use crate::support::{connect, connect_with, data_folder, execute, refusal, start, value};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o777
}

#[tokio::test]
async fn only_an_unprivileged_user_can_enter_cluster_and_socket_folder() {
    let folder = data_folder();
    let cluster = start(folder.path()).await;
    let postgres = folder.path().join("postgres");
    let owner = postgres.metadata().unwrap().uid();
    assert_ne!(owner, 0);
    for private in [&postgres, cluster.socket_directory()] {
        assert_eq!(mode(private), 0o700, "{}", private.display());
        assert_eq!(
            private.metadata().unwrap().uid(),
            owner,
            "{}",
            private.display()
        );
    }
    cluster.stop().await.unwrap();

    // As after a careless restore of a backup.
    fs::set_permissions(&postgres, Permissions::from_mode(0o755)).unwrap();
    start(folder.path()).await.stop().await.unwrap();
    assert_eq!(mode(&postgres), 0o700);
}

#[tokio::test]
async fn data_survive_a_restart_and_other_databases_can_be_named() {
    let folder = data_folder();
    let nested = folder.path().join("not/yet, \"there\"");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
    let cluster = start(&nested).await;
    let mut connection = connect(&cluster).await;
    execute(
        &mut connection,
        "CREATE TABLE kept AS SELECT 'kept' AS word",
    )
    .await;
    execute(&mut connection, "CREATE DATABASE clone TEMPLATE template0").await;
    let mut clone = connect_with(cluster.connect_options_for("clone")).await;
    assert_eq!(
        value(&mut clone, "SELECT current_database()::text").await,
        "clone"
    );
    cluster.stop().await.unwrap();

    let cluster = start(&nested).await;
    assert_eq!(
        value(&mut connect(&cluster).await, "SELECT word FROM kept").await,
        "kept"
    );
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_long_path_gets_a_short_socket_folder_that_goes_with_the_cluster() {
    let folder = data_folder();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
    let cluster = start(&folder.path().join("long".repeat(30))).await;
    let socket = cluster.socket_directory().to_owned();
    assert!(!socket.starts_with(folder.path()) && socket.as_os_str().len() < 90);
    assert_eq!(mode(&socket), 0o700);
    assert_eq!(
        value(&mut connect(&cluster).await, "SELECT 'short'").await,
        "short"
    );
    cluster.stop().await.unwrap();
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_bad_configuration_is_shown_with_the_log() {
    let folder = data_folder();
    start(folder.path()).await.stop().await.unwrap();
    let path = folder.path().join("postgres/postgresql.conf");
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{good}\nshared_buffers = plenty\n")).unwrap();
    let message = refusal(folder.path()).await.to_string();
    assert!(
        message.contains("could not start") && message.contains("shared_buffers"),
        "{message}"
    );

    fs::write(&path, good).unwrap();
    start(folder.path()).await.stop().await.unwrap();
}

#[tokio::test]
async fn a_start_that_fails_after_the_log_began_is_shown_too() {
    let folder = data_folder();
    start(folder.path()).await.stop().await.unwrap();
    fs::remove_file(folder.path().join("postgres/global/pg_control")).unwrap();
    let message = refusal(folder.path()).await.to_string();
    assert!(message.contains("pg_control"), "{message}");
}

#[tokio::test]
async fn data_of_another_major_version_name_both() {
    let folder = data_folder();
    start(folder.path()).await.stop().await.unwrap();
    fs::write(folder.path().join("postgres/PG_VERSION"), "9\n").unwrap();
    let message = refusal(folder.path()).await.to_string();
    assert!(
        message.contains("written by PostgreSQL 9, but PostgreSQL 1"),
        "{message}"
    );
    assert!(message.contains("pg_upgrade"), "{message}");
}

#[tokio::test]
async fn files_that_are_no_cluster_are_left_alone() {
    let folder = data_folder();
    let file = folder.path().join("postgres/thesis.txt");
    fs::create_dir(folder.path().join("postgres")).unwrap();
    fs::write(&file, "precious").unwrap();
    let message = refusal(folder.path()).await.to_string();
    assert!(
        message.contains("no PostgreSQL cluster") || message.contains("belongs to"),
        "{message}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
}

#[tokio::test]
async fn a_socket_folder_that_others_can_enter_is_refused() {
    let folder = data_folder();
    let run = folder.path().join("run");
    fs::create_dir(&run).unwrap();
    fs::set_permissions(&run, Permissions::from_mode(0o777)).unwrap();
    let message = refusal(folder.path()).await.to_string();
    assert!(
        message.contains("mode 0700") && message.contains("/run must be"),
        "{message}"
    );
}

#[tokio::test]
async fn root_is_told_of_a_folder_that_postgresql_cannot_enter() {
    let folder = data_folder();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let nested = folder.path().join("data");
    if !rustix::process::geteuid().is_root() {
        // Whoever is not root runs PostgreSQL as himself, who can.
        return start(&nested).await.stop().await.unwrap();
    }
    let message = refusal(&nested).await.to_string();
    assert!(
        message.contains("cannot enter") && message.contains("SYNCLINE_DATA_DIR"),
        "{message}"
    );
}
