//! However large an export is, or what is imported, it takes the same memory.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
};

use sqlx::Executor;
use syncline_tests::{
    TestServer,
    process::{binary, peak_memory},
};

use crate::support::USER;

const DOCUMENTS: u64 = 100_000;
const MOST_BYTES: u64 = 64 << 20;

/// Puts documents of a kilobyte straight into the database.
async fn fill(server: &TestServer) {
    let mut connection = server.database.connect().await;
    let statement = format!(
        "INSERT INTO namespaces (kind, owner_id) VALUES ('personal', '{USER}');
        INSERT INTO documents (
            namespace_id, application, collection, key, version, revision, field_revisions,
            content, deleted, bytes, tx
        )
        SELECT
            namespace_id, 'todo', 'notes', lpad(number::text, 6, '0'), 1,
            '0190000000000-000000-server~1', '{{}}',
            jsonb_build_object('number', number, 'text', repeat(md5(number::text), 32)),
            false, 1100, '3'
        FROM namespaces, generate_series(1, {DOCUMENTS}) AS numbers (number)"
    );
    let statement = sqlx::AssertSqlSafe(statement);
    connection.execute(sqlx::raw_sql(statement)).await.unwrap();
}

/// Exports everything, and returns how many bytes that is and the most memory that it took.
fn export(server: &TestServer, arguments: &[&str]) -> (u64, u64) {
    let mut command = Command::new(binary())
        .args(["export", "--user", USER])
        .args(arguments)
        .current_dir(server.folder())
        .env("SYNCLINE_DATABASE_URL", server.database.url())
        .env("SYNCLINE_LOG__LEVEL", "off")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = command.stdout.take().unwrap();
    let (mut bytes, mut most) = (0, 0);
    let mut piece = vec![0; 1 << 20];
    loop {
        let count = output.read(&mut piece).unwrap();
        if count == 0 {
            break;
        }
        bytes += count as u64;
        most = peak_memory(command.id()).unwrap_or(0).max(most);
    }
    assert!(command.wait().unwrap().success());
    (bytes, most)
}

#[tokio::test]
async fn a_hundred_thousand_documents_fit_64_mebibytes() {
    let server = TestServer::start().await;
    fill(&server).await;
    for arguments in [
        &["--format", "json"][..],
        &["--format", "ndjson"],
        &["--format", "csv"],
        &[
            "--format",
            "csv",
            "--application",
            "todo",
            "--collection",
            "notes",
        ],
    ] {
        let (bytes, most) = export(&server, arguments);
        assert!(bytes > DOCUMENTS * 1_000, "{arguments:?}: {bytes} bytes");
        assert!(
            (1..MOST_BYTES).contains(&most),
            "{arguments:?}: {most} bytes of memory"
        );
        println!("{arguments:?}: {bytes} bytes, {most} of memory");
    }
    server.finish().await;
}

/// A file of bad lines and good ones: what is wrong is told of a thousand, and counted.
#[tokio::test]
async fn a_file_of_any_size_fits_64_mebibytes() {
    let server = TestServer::start().await;
    let mut command = Command::new(binary())
        .args(["import", "--user", USER, "--format", "ndjson"])
        .current_dir(server.folder())
        .env("SYNCLINE_DATABASE_URL", server.database.url())
        .env("SYNCLINE_LOG__LEVEL", "off")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = command.stdin.take().unwrap();
    let text = "x".repeat(1_000);
    let mut most = 0;
    for number in 0..2_000 {
        let line = format!(
            "{{\"_app\":\"todo\",\"_collection\":\"notes\",\"_key\":\"{number}\",\"text\":\"{text}\"}}\n"
        );
        let bad = format!("{text}\n").repeat(50);
        input.write_all(line.as_bytes()).unwrap();
        input.write_all(bad.as_bytes()).unwrap();
        most = peak_memory(command.id()).unwrap_or(0).max(most);
    }
    drop(input);
    let output = command.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("Imported 2000 documents: 2000 new"), "{said}");
    assert!(
        said.contains("99000 more conflicts and rejections"),
        "{said}"
    );
    assert!((1..MOST_BYTES).contains(&most), "{most} bytes of memory");
    println!("{most} bytes of memory");
    server.finish().await;
}
