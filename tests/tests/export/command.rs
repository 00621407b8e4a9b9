//! `syncline export`

use std::process::{Command, Output};

use serde_json::{Value, json};
use syncline_tests::{TestServer, process::binary};

use crate::support::{USER, export_json, store};

fn run(server: &TestServer, arguments: &[&str]) -> Output {
    Command::new(binary())
        .arg("export")
        .args(arguments)
        .current_dir(server.folder())
        .env("SYNCLINE_DATABASE_URL", server.database.url())
        .env("SYNCLINE_LOG__LEVEL", "off")
        .output()
        .unwrap()
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
        (&["--org", organisation][..], "organisation"),
        (&["--user", USER, "--org", organisation], "--org"),
        (&[], "--user"),
        (&["--user", USER, "--format", "xml"], "`json`"),
    ] {
        let output = run(&server, arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(error.contains(says), "{error}");
    }
    server.finish().await;
}
