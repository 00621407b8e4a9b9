use std::process::Command;

use syncline_tests::{Endpoint, TestDatabase, first_sync, process::binary, replicas::Replicas};

use crate::support::{command_with, refusal, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_that_start_at_once_migrate_an_empty_database() {
    let database = TestDatabase::empty().await;
    let replicas = Replicas::start(&database, 3);
    let servers = replicas.in_turn();
    for _ in 0..3 {
        servers.sync("ada", first_sync("notes")).await;
    }
    for _ in 0..3 {
        assert!(is_healthy(&servers.url("")));
    }
    let address = servers.url("");
    drop(replicas);
    assert!(!is_healthy(&address));
    database.drop().await;
}

/// Whether `syncline health` says so.
fn is_healthy(address: &str) -> bool {
    let address = address.trim_start_matches("http://");
    let mut command = Command::new(binary());
    let command = command.arg("health").env("SYNCLINE_LISTEN", address);
    command.output().unwrap().status.success()
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let database = TestDatabase::create().await;
    let newer = "INSERT INTO syncline._sqlx_migrations \
                 VALUES (9999, 'of the future', now(), true, '', 0)";
    run(&database.options(), newer).await.unwrap();
    for command in ["serve", "migrate", "purge"] {
        let error = refusal(&[command], &database.url());
        assert!(
            error.contains("newer Syncline than this one (migration 9999)"),
            "{error}"
        );
    }
    database.drop().await;
}

/// Its name is a word of SQL.
#[tokio::test]
async fn the_schema_may_be_called_as_anyone_likes() {
    let database = TestDatabase::empty().await;
    for schema in ["order", "user", "table"] {
        for command in ["migrate", "purge"] {
            let mut command = command_with(&[command], &database.url());
            let output = command.env("SYNCLINE_DATABASE_SCHEMA", schema).output();
            let output = output.unwrap();
            let error = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{schema}: {error}");
        }
    }
    database.drop().await;
}
