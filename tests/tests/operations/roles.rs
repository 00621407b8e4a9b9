//! The roles that docs/operations.md describes, with its own words.

use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use syncline_application::ports::Store;
use syncline_postgres::{PostgresStore, local_cluster::LocalCluster};
use syncline_tests::{TestServer, first_sync, pull_from};

use crate::support::{database, live_a_life, refusal, run, syncline};

const OPERATIONS: &str = include_str!("../../../docs/operations.md");

/// What somebody else has beside Syncline.
const OTHERS: &str = "
    CREATE TABLE payroll (salary int);
    INSERT INTO payroll VALUES (1);
    CREATE SCHEMA shop;
    CREATE TABLE shop.orders (sum int)";

/// What a server must not be able to do, in its own database.
const FORBIDDEN: [&str; 17] = [
    "SELECT * FROM public.payroll",
    "UPDATE public.payroll SET salary = 2",
    "SELECT * FROM shop.orders",
    "CREATE TABLE public.mine (x int)",
    "CREATE TABLE syncline.mine (x int)",
    "CREATE SCHEMA mine",
    "ALTER TABLE syncline.documents ADD COLUMN x int",
    "DROP TABLE syncline.documents",
    "TRUNCATE syncline.documents",
    "CREATE ROLE mine",
    "ALTER ROLE syncline_server SUPERUSER",
    "SET ROLE syncline_owner",
    "CREATE DATABASE mine",
    "SELECT * FROM pg_authid",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY syncline.documents TO PROGRAM 'true'",
    "CREATE EXTENSION dblink",
];

/// What the owner of the schema must not be able to do.
const FORBIDDEN_TO_OWNER: [&str; 4] = [
    "SELECT * FROM public.payroll",
    "CREATE TABLE public.mine (x int)",
    "CREATE ROLE mine",
    "CREATE SCHEMA mine",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_does_its_work_with_the_least_rights() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = LocalCluster::start(folder.path()).await.unwrap();
    let admin = cluster.connect_options_for("app");
    run(&cluster.connect_options(), "CREATE DATABASE app")
        .await
        .unwrap();
    run(&admin, OTHERS).await.unwrap();
    run(&cluster.connect_options(), OTHERS).await.unwrap();
    run(&admin, &roles()).await.unwrap();
    let owner = database(admin.clone().username("syncline_owner"));
    let role = database(admin.clone().username("syncline_server"));

    let error = refusal(&["serve"], &role.url());
    assert!(error.contains("run `syncline migrate`"), "{error}");
    let migrated = syncline(&["migrate"], &owner.url());
    assert!(migrated.status.success(), "{migrated:?}");

    let server = TestServer::on(role.clone()).await;
    live_a_life(&server, "ada").await;
    begins_a_new_incarnation(&server, &admin).await;
    server.stop().await;
    let store = PostgresStore::connect(role.options(), 1).await.unwrap();
    store.purge(0).await.unwrap();

    for statement in FORBIDDEN {
        expect_forbidden(&role.options(), statement).await;
    }
    for statement in FORBIDDEN_TO_OWNER {
        expect_forbidden(&owner.options(), statement).await;
    }
    let elsewhere = role.options().database("syncline");
    expect_forbidden(&elsewhere, "SELECT * FROM public.payroll").await;
    cluster.stop().await.unwrap();
}

/// The SQL of the section on roles.
fn roles() -> String {
    let (_, section) = OPERATIONS.split_once("## Roles").unwrap();
    let (_, block) = section.split_once("```sql\n").unwrap();
    let (statements, _) = block.split_once("```").unwrap();
    // The file that docker-compose.yml runs.
    assert_eq!(statements, include_str!("../../../packaging/roles.sql"));
    statements.to_owned()
}

async fn begins_a_new_incarnation(server: &TestServer, admin: &PgConnectOptions) {
    let first = server.sync("bob", first_sync("notes")).await;
    let other = "UPDATE syncline.incarnations SET fingerprint = 'of another database'";
    run(admin, other).await.unwrap();
    let pulled = server.sync("bob", pull_from("notes", &first)).await;
    assert_eq!(pulled["reset"], json!(true), "{pulled}");
}

async fn expect_forbidden(options: &PgConnectOptions, statement: &str) {
    let error = run(options, statement).await.unwrap_err();
    let error = error.into_database_error().unwrap();
    // Insufficient privilege.
    assert_eq!(
        error.code().as_deref(),
        Some("42501"),
        "{statement}: {error}"
    );
}
