//! Dumps of a database, as an operator makes and restores them.

use std::process::{Command, Stdio};

use sqlx::postgres::PgConnectOptions;

use crate::TestDatabase;

/// What `pg_dump` writes of a database; with `--clean`, it first removes what is there.
#[must_use]
pub fn dump(database: &TestDatabase, options: &[&str]) -> Vec<u8> {
    let output = command("pg_dump", &database.options())
        .args(options)
        .output();
    let output = output.expect("pg_dump is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Restores a dump in one transaction.
pub fn restore(database: &TestDatabase, dump: &[u8]) {
    use std::io::Write;
    let mut psql = command("psql", &database.options())
        .args(["--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("psql is installed");
    let mut input = psql.stdin.take().expect("it reads from here");
    input.write_all(dump).expect("it reads the dump");
    drop(input);
    assert!(
        psql.wait().expect("it ends").success(),
        "psql says why above"
    );
}

fn command(program: &str, options: &PgConnectOptions) -> Command {
    let mut command = Command::new(program);
    command
        .env(
            "PGHOST",
            options.get_socket().expect("the cluster has a socket"),
        )
        .env("PGPORT", options.get_port().to_string())
        .env("PGUSER", options.get_username())
        .env("PGDATABASE", options.get_database().unwrap_or_default());
    command
}
