//! `syncline export` and `syncline import`

use std::{
    fs,
    process::{Command, Output},
};

use serde_json::{Value, json};
use syncline_tests::{TestServer, process::binary};

use crate::support::{OTHER, USER, export_json, get, store};

fn command(server: &TestServer, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .current_dir(server.folder())
        .env("SYNCLINE_DATABASE_URL", server.database.url())
        .env("SYNCLINE_LOG__LEVEL", "off");
    command
}

fn run(server: &TestServer, arguments: &[&str]) -> Output {
    let arguments = [&["export"], arguments].concat();
    command(server, &arguments).output().unwrap()
}

/// Imports a file, and returns whether all of it is stored and what was said.
fn import(server: &TestServer, format: &str, file: &[u8]) -> (bool, String) {
    let path = server.folder().join("import");
    fs::write(&path, file).unwrap();
    let arguments = ["import", "--user", OTHER, "--format", format];
    let output = command(server, &arguments)
        .stdin(fs::File::open(path).unwrap())
        .output()
        .unwrap();
    (
        output.status.success(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[tokio::test]
async fn the_command_exports_as_the_server_does() {
    let server = TestServer::start().await;
    store(
        &server,
        "todo",
        "notes",
        &[("1", json!({ "a": 1 })), ("2", json!({}))],
    )
    .await;
    let output = run(&server, &["--user", USER]);
    let progress = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{progress}");
    let exported: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(exported, export_json(&server).await);
    assert_eq!(progress, "Exported 2 documents, 0 MB.\n");
    server.finish().await;
}

#[tokio::test]
async fn the_command_says_whom_it_does_not_find() {
    let server = TestServer::start().await;
    let organisation = "0b5c7f6e-6c6b-4a51-9d0a-3c8c4a6a7c11";
    for (arguments, says) in [
        (
            &["--org", organisation][..],
            "there is no organisation with this id\n",
        ),
        (&["--user", USER, "--org", organisation], "--org"),
        (&[], "--user"),
        (&["--user", USER, "--format", "xml"], "json, ndjson, csv"),
    ] {
        let output = run(&server, arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(error.contains(says), "{error}");
    }
    server.finish().await;
}

#[tokio::test]
async fn the_command_says_why_its_output_takes_no_more() {
    let server = TestServer::start().await;
    let mut export = command(&server, &["export", "--user", USER]);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = export.stdout(full).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        error.contains("cannot write the export: No space left"),
        "{error}"
    );
    server.finish().await;
}

#[tokio::test]
async fn the_command_imports_what_it_exports() {
    let server = TestServer::start().await;
    let documents = [("1", json!({ "a": 1 })), ("2", json!({}))];
    store(&server, "todo", "notes", &documents).await;
    for (format, says) in [
        ("ndjson", "Imported 2 documents: 2 new, 0 there already"),
        ("json", "Imported 2 documents: 0 new, 2 there already"),
    ] {
        let exported = run(&server, &["--user", USER, "--format", format]).stdout;
        let (is_whole, said) = import(&server, format, &exported);
        assert!(is_whole && said.contains(says), "{said}");
    }
    let imported = get(&server, OTHER, "/account/export").await.body;
    let notes = imported["docs"]["todo"]["notes"].as_array().unwrap();
    assert_eq!(notes.len(), 2, "{imported}");
    let bad = b"{\"_app\":\"todo\",\"_collection\":\"notes\",\"_key\":\"3\"}\nno JSON\n";
    let (is_whole, said) = import(&server, "ndjson", bad);
    assert!(!is_whole && said.contains("line 2: "), "{said}");
    assert!(said.contains("Imported 1 documents: 1 new"), "{said}");
    let (is_whole, said) = import(&server, "json", b"[]");
    assert!(!is_whole, "{said}");
    server.finish().await;
}
