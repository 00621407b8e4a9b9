//! What a running cluster is set to.

use std::{fs, time::Duration};

use crate::support::{connect, data_folder, execute, start};

#[tokio::test]
async fn the_cluster_is_durable_private_and_small() {
    let folder = data_folder();
    let cluster = start(folder.path()).await;
    let mut connection = connect(&cluster).await;
    let expected = [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("max_connections", "100"),
        ("shared_buffers", "128MB"),
        ("logging_collector", "on"),
        ("log_truncate_on_rotation", "on"),
    ];
    for (name, wanted) in expected {
        let found: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(found, wanted, "{name}");
    }
    let collation: String =
        sqlx::query_scalar("SELECT datcollate::text FROM pg_database WHERE datname = 'syncline'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(collation, "C");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_file_cannot_turn_durability_off_but_may_tune() {
    let folder = data_folder();
    start(folder.path()).await.stop().await.unwrap();
    let path = folder.path().join("postgres/postgresql.conf");
    let file = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{file}\nfsync = off\nwork_mem = '7MB'\n")).unwrap();
    let cluster = start(folder.path()).await;
    let mut connection = connect(&cluster).await;
    let found: String =
        sqlx::query_scalar("SELECT current_setting('fsync') || ' ' || current_setting('work_mem')")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(found, "on 7MB");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn failing_statements_do_not_put_data_into_the_log() {
    let folder = data_folder();
    let cluster = start(folder.path()).await;
    let mut connection = connect(&cluster).await;
    execute(&mut connection, "CREATE TABLE diary (day text PRIMARY KEY)").await;
    execute(&mut connection, "INSERT INTO diary VALUES ('secret-entry')").await;
    let twice = sqlx::query("INSERT INTO diary VALUES ('secret-entry')").execute(&mut connection);
    twice.await.unwrap_err();
    cluster.stop().await.unwrap();

    let log = whole_log(folder.path().join("postgres/log").as_path()).await;
    assert!(log.contains("duplicate key"), "{log}");
    assert!(!log.contains("secret-entry"), "{log}");
}

/// The log, once its last line is there: PostgreSQL's logger ends a little after the postmaster.
async fn whole_log(folder: &std::path::Path) -> String {
    loop {
        let files = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let log: String = files
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        if log.contains("database system is shut down") {
            return log;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
