//! `syncline demo`, as it is typed.

#![expect(
    clippy::unwrap_used,
    reason = "clippy counts as tests the functions marked so, but not what they share"
)]

use std::process::{Command, Output};

/// Runs `syncline demo` in an environment that says nothing of Syncline.
fn demo(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncline"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SYNCLINE_")) {
        command.env_remove(name);
    }
    command.arg("demo").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn every_promise_is_kept_on_a_server_of_its_own() {
    let output = demo(&[]);
    let (told, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{told}{errors}");
    let kept = told.matches('✓').count();
    assert!(
        told.ends_with(&format!("All {kept} promises were kept.\n")),
        "{told}"
    );
    assert!(kept >= 48, "{told}");
    assert!(!told.contains('\u{1b}'), "colour is for terminals: {told}");
}

#[test]
fn a_server_that_is_not_there_is_named_as_the_cause() {
    let output = demo(&[
        "--url",
        "http://127.0.0.1:9",
        "--token",
        "a",
        "--token",
        "b",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(error.contains("the server could not be reached"), "{error}");
}

#[test]
fn one_token_is_one_too_few() {
    let output = demo(&["--url", "http://127.0.0.1:9", "--token", "a"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("give `--token` twice"));
}
