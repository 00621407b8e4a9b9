//! Commands beside a server that runs a PostgreSQL of its own.

use std::{fs, process::Stdio};

use serde_json::json;
use syncline_tests::{
    process::Process,
    replica::{change, stamp},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_need_not_be_stopped_for_a_command() {
    let process = Process::start();
    let note = change("note", &json!({ "title": "kept" }), &stamp("ada", 0));
    let push = json!({ "collection": "notes", "changes": [note] });
    assert!(process.post("ada", &push).await.is_some());
    let exported = run(&process, &["export", "--user", "ada"], None);
    assert!(exported.contains("kept"), "{exported}");
    run(&process, &["import", "--user", "bob"], Some(&exported));
    for command in ["migrate", "purge"] {
        run(&process, &[command], None);
    }
    let exported = run(&process, &["export", "--user", "bob"], None);
    assert!(exported.contains("kept"), "{exported}");
    assert!(process.post("ada", &push).await.is_some());
}

/// What a command prints that ends well.
#[track_caller]
fn run(process: &Process, arguments: &[&str], input: Option<&str>) -> String {
    let input = input.map_or_else(Stdio::null, |input| {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), input).unwrap();
        file.into_file().into()
    });
    let output = process.command(arguments).stdin(input).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}
